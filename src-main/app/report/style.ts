import { Html } from './html.ts'
import { marks } from './marks.ts'

const kinds = Object.entries(marks)
const tones = (tone: 'light' | 'dark') => `:root{${kinds.map(([kind, mark]) => `--k-${kind}:${mark[tone]}`).join(';')}}`
/** Colours of each kind of row, by CSS class. */
const colours = `${tones('light')}@media (prefers-color-scheme:dark){${tones('dark')}}
${kinds.map(([kind]) => `.k-${kind}{--k:var(--k-${kind})}`).join('')}`

/** The page's style sheet, for light and dark: only the colour variables differ. */
export const style = new Html(`
:root{color-scheme:light dark;--paper:#faf7f2;--card:#fffdfa;--ink:#23201c;--soft:#6d655b;--line:#e6dfd4;--faint:#f1ebe1;--accent:#9a4a14;
--good:#1a7240;--bad:#b3261e;--mid:#7a6a2c}
@media (prefers-color-scheme:dark){:root{--paper:#171512;--card:#1f1c19;--ink:#ede7dd;--soft:#a79d90;--line:#37322c;
  --faint:#2a2622;--accent:#eda467;
--good:#74cf97;--bad:#ff8f85;--mid:#d9c06a}}
${colours}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:1080px;padding:40px 32px 80px;background:var(--paper);color:var(--ink);
  font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",sans-serif;
  font-variant-numeric:tabular-nums}
h1,h2{font-family:"Iowan Old Style","Palatino Linotype",Palatino,"Source Serif 4",Georgia,"Noto Serif","Liberation Serif",serif;
  font-weight:600;line-height:1.2;letter-spacing:-.01em;text-wrap:balance}
h1{font-size:40px;margin:28px 0 6px}h2{font-size:25px;margin:0 0 18px}h3{font-size:15px;margin:24px 0 10px}
p{margin:0 0 8px}
section{margin-top:64px}
figure{margin:0}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
pre{background:var(--faint);border-radius:8px;padding:12px 16px;white-space:pre-wrap}
.soft,small,.caption,figcaption,cite{color:var(--soft)}figcaption b{color:var(--ink)}
small{font-size:12px}.caption,figure.plot figcaption{font-size:13px;max-width:84ch;margin:12px 0 0;text-wrap:pretty}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.mark{vertical-align:-2px;fill:var(--k);flex:none}
.brand{display:flex;align-items:center;gap:10px;font-weight:600;color:var(--accent)}.brand .soft{font-weight:400}
.subtitle{font-size:17px;color:var(--soft);max-width:none;text-wrap:pretty}
.lead{font-size:20px;line-height:1.5;max-width:54em;margin:22px 0 26px;padding-left:18px;border-left:3px solid var(--accent);
  text-wrap:pretty}
dl{margin:0}dt{font-size:12px;color:var(--soft)}dd{margin:0}
.facts{display:flex;flex-wrap:wrap;background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden}
.facts div{flex:1 1 auto;min-width:84px;padding:10px 13px;box-shadow:-1px -1px 0 var(--line)}
.facts dd{font-weight:600;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{padding:8px 12px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line);font-weight:400}
thead th{font-size:13px;color:var(--soft);vertical-align:bottom;border-bottom-color:var(--soft)}
tbody th,thead th:first-child,.text{text-align:left}tbody tr:last-child>*{border-bottom:0}
th small{display:block;line-height:1.3}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;fill:var(--soft);
  font-variant-numeric:tabular-nums}
.grid{stroke:var(--line);stroke-width:1;fill:none}.axis{stroke:var(--soft);stroke-width:1;fill:none}
details{margin-top:12px}summary{cursor:pointer;color:var(--accent);font-size:14px}
a:focus-visible,summary:focus-visible,input:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media (max-width:640px){
  body{padding:24px 16px 56px}
  h1{font-size:30px}
  h2{font-size:22px}
  .lead{font-size:18px}
  section{margin-top:48px}
  .facts div{flex-basis:50%}
  th,td{padding:8px 9px}
}
@media print{body{max-width:none;padding:0}section{break-inside:avoid}}
`)
