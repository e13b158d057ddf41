/** One palette for the page's own styles and the component library. Text contrast is at least 4.5:1. */
import { darkTheme, type GlobalTheme, type GlobalThemeOverrides } from 'naive-ui'

interface Palette {
  ground: string
  panel: string
  raised: string
  sunken: string
  field: string
  border: string
  text: string
  muted: string
  accent: string
  accentHover: string
  accentPressed: string
  accentSoft: string
  onAccent: string
  warm: string
  error: string
}

const light: Palette = {
  ground: '#f5f4f1',
  panel: '#ffffff',
  raised: '#faf9f7',
  sunken: '#e8e6e1',
  field: '#ffffff',
  border: '#e0ddd6',
  text: '#26241f',
  muted: '#69655c',
  accent: '#1b6f63',
  accentHover: '#23857a',
  accentPressed: '#14574e',
  accentSoft: '#e2efec',
  onAccent: '#ffffff',
  warm: '#9a5b13',
  error: '#b3372f',
}
const dark: Palette = {
  ground: '#171614',
  panel: '#1f1e1b',
  raised: '#272522',
  sunken: '#100f0e',
  field: '#191816',
  border: '#37342f',
  text: '#ece9e2',
  muted: '#a39d92',
  accent: '#5cc4b2',
  accentHover: '#78d3c3',
  accentPressed: '#46a897',
  accentSoft: '#1f3833',
  onAccent: '#0c1f1b',
  warm: '#e0a860',
  error: '#f0857c',
}

export type ThemeName = 'light' | 'dark'
export const palettes: Record<ThemeName, Palette> = { light, dark }

export function applyPalette(name: ThemeName): void {
  const root = document.documentElement
  root.dataset['theme'] = name
  for (const [key, value] of Object.entries(palettes[name]))
    root.style.setProperty(`--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`, value)
}

const fontFamily =
  `Inter, 'Segoe UI', system-ui, -apple-system, ` + `'Hiragino Sans', 'Noto Sans CJK JP', 'Noto Sans JP', 'Yu Gothic UI', sans-serif`

export function libraryTheme(name: ThemeName): { theme: GlobalTheme | null; overrides: GlobalThemeOverrides } {
  const p = palettes[name]
  return {
    theme: name === 'dark' ? darkTheme : null,
    overrides: {
      common: {
        fontFamily,
        fontSize: '13px',
        fontSizeSmall: '12.5px',
        fontSizeMedium: '13px',
        borderRadius: '6px',
        borderRadiusSmall: '4px',
        primaryColor: p.accent,
        primaryColorHover: p.accentHover,
        primaryColorPressed: p.accentPressed,
        primaryColorSuppl: p.accentHover,
        errorColor: p.error,
        textColorBase: p.text,
        textColor1: p.text,
        textColor2: p.text,
        textColor3: p.muted,
        placeholderColor: p.muted,
        iconColor: p.muted,
        bodyColor: p.ground,
        cardColor: p.panel,
        modalColor: p.panel,
        popoverColor: p.raised,
        tableColor: p.panel,
        inputColor: p.panel,
        borderColor: p.border,
        dividerColor: p.border,
        heightSmall: '28px',
        heightMedium: '32px',
      },
      Button: {
        textColorPrimary: p.onAccent,
        textColorHoverPrimary: p.onAccent,
        textColorPressedPrimary: p.onAccent,
        textColorFocusPrimary: p.onAccent,
      },
      Input: { border: `1px solid ${p.border}`, color: p.field, colorFocus: p.field },
      InternalSelection: { border: `1px solid ${p.border}`, color: p.field, colorActive: p.field },
      Tooltip: { color: p.text, textColor: p.panel },
      Checkbox: { border: `1px solid ${p.muted}` },
      Tag: { textColor: p.text },
      Progress: { fillColor: p.accent, railColor: p.sunken },
      DataTable: {
        thColor: p.raised,
        tdColor: p.panel,
        thTextColor: p.muted,
        borderColor: p.border,
        fontSizeMedium: '13px',
        fontSizeSmall: '12.5px',
      },
      Tabs: { tabFontSizeSmall: '12.5px', tabGapSmallLine: '18px', tabPaddingSmallLine: '9px 0' },
      Message: {
        padding: '8px 14px',
        borderRadius: '8px',
        color: p.raised,
        colorInfo: p.raised,
        colorSuccess: p.raised,
        colorError: p.raised,
        textColor: p.text,
        textColorInfo: p.text,
        textColorSuccess: p.text,
        textColorError: p.text,
        iconColorInfo: p.accent,
        iconColorSuccess: p.accent,
        iconColorError: p.error,
      },
    },
  }
}
