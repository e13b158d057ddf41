/** Offers a text as a file. A byte order mark makes spreadsheets read CSV as UTF-8. */
export const downloadCsv = (name: string, text: string): void => offer(name, ['\ufeff', text], 'text/csv')
export const downloadText = (name: string, text: string): void => offer(name, [text], 'text/plain')

function offer(name: string, parts: BlobPart[], type: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob(parts, { type }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
