import { Html } from './html.ts'
import { marks } from './marks.ts'

const kinds = Object.entries(marks)
const tones = (tone: 'light' | 'dark') => `:root{${kinds.map(([kind, mark]) => `--k-${kind}:${mark[tone]}`).join(';')}}`
/** Of each kind of row, by the class that it has. */
const colours = `${tones('light')}@media (prefers-color-scheme:dark){${tones('dark')}}
${kinds.map(([kind]) => `.k-${kind}{--k:var(--k-${kind})}`).join('')}`

/** One sheet for light and dark: the colours are variables, everything else is written once. */
export const style = new Html(`
:root{color-scheme:light dark;--paper:#faf7f2;--card:#fffdfa;--ink:#23201c;--soft:#6d655b;--line:#e6dfd4;--faint:#f1ebe1;--accent:#9a4a14;
--good:#1a7240;--bad:#b3261e;--mid:#7a6a2c}
@media (prefers-color-scheme:dark){:root{--paper:#171512;--card:#1f1c19;--ink:#ede7dd;--soft:#a79d90;--line:#37322c;--faint:#2a2622;--accent:#eda467;
--good:#74cf97;--bad:#ff8f85;--mid:#d9c06a}}
${colours}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:1080px;padding:40px 32px 80px;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
h1,h2{font-family:"Iowan Old Style","Palatino Linotype",Palatino,"Source Serif 4",Georgia,"Noto Serif","Liberation Serif",serif;font-weight:600;line-height:1.2;letter-spacing:-.01em;text-wrap:balance}
h1{font-size:40px;margin:28px 0 6px}h2{font-size:25px;margin:0 0 18px}h3{font-size:15px;margin:24px 0 10px}
p{margin:0 0 8px}section{margin-top:64px}figure{margin:0}code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
pre{background:var(--faint);border-radius:8px;padding:12px 16px;white-space:pre-wrap}
.soft,small,.caption,figcaption,cite{color:var(--soft)}figcaption b{color:var(--ink)}
small{font-size:12px}.caption,figure.plot figcaption{font-size:13px;max-width:84ch;margin:12px 0 0;text-wrap:pretty}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.mark{vertical-align:-2px;fill:var(--k);flex:none}
.brand{display:flex;align-items:center;gap:10px;font-weight:600;color:var(--accent)}.brand .soft{font-weight:400}
.subtitle{font-size:17px;color:var(--soft);max-width:none;text-wrap:pretty}
.lead{font-size:20px;line-height:1.5;max-width:54em;margin:22px 0 26px;padding-left:18px;border-left:3px solid var(--accent);text-wrap:pretty}
dl{margin:0}dt{font-size:12px;color:var(--soft)}dd{margin:0}
.facts{display:flex;flex-wrap:wrap;background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden}
.facts div{flex:1 1 auto;min-width:84px;padding:10px 13px;box-shadow:-1px -1px 0 var(--line)}.facts dd{font-weight:600;overflow-wrap:anywhere}
.versions{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:10px 20px;margin:14px 0}.versions div:first-child{grid-column:1/-1}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{padding:8px 12px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line);font-weight:400}
thead th{font-size:13px;color:var(--soft);vertical-align:bottom;border-bottom-color:var(--soft)}
tbody th,thead th:first-child,.text{text-align:left}tbody tr:last-child>*{border-bottom:0}
th small{display:block;line-height:1.3}
.results tbody th{font-weight:600}.results tbody th small{margin-left:22px;font-weight:400}.results .figure{font-weight:600}
.results .k-sweep th,.results .k-sweep .figure{font-weight:400}
.results td.best{background:color-mix(in srgb,var(--accent) 13%,transparent);box-shadow:inset 0 -2px var(--accent)}
.results .time,.none{color:var(--soft)}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
.plot svg{display:block;width:100%;height:auto}.plot .narrow{display:none}.plot{display:grid;grid-template-columns:minmax(0,1fr) 210px;gap:0 36px;align-items:end}.plot .wide,.plot .narrow{grid-row:1/3}.plot .legend{align-self:start;padding-top:14px}.plot figcaption{padding-bottom:46px}
.grid{stroke:var(--line);stroke-width:1;fill:none}.axis{stroke:var(--soft);stroke-width:1;fill:none}
.identity{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:3 5;fill:none}.leader{stroke:var(--soft);stroke-width:.8;fill:none}
.whisker{stroke:var(--k);stroke-width:1.4;opacity:.42;fill:none}.dot{fill:var(--k);stroke:var(--paper);stroke-width:1.2}
svg .name{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}svg .title{font-size:12.5px}
.legend{display:flex;flex-direction:column;gap:6px 20px;list-style:none;padding:0;margin:10px 0 0;font-size:14px}
.legend svg{display:inline}.legend svg.mark{width:16px;height:16px}
.findings{list-style:none;margin:0;padding:0}.findings li{display:grid;grid-template-columns:96px 1fr;gap:4px 16px;padding:11px 0;border-top:1px solid var(--line)}
.findings p{margin:0;text-wrap:pretty}.findings p.soft{font-size:14px}.findings cite{font-style:normal;font-size:13px;white-space:nowrap}
.badge{justify-self:start;align-self:start;font-size:12px;font-weight:600;line-height:1;padding:5px 9px;border-radius:99px;color:var(--v);border:1px solid color-mix(in srgb,var(--v) 45%,transparent);background:color-mix(in srgb,var(--v) 10%,transparent);margin-top:1px}
.v-shows{--v:var(--good)}.v-reversed{--v:var(--bad)}.v-unclear{--v:var(--mid)}.v-note{--v:var(--soft)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:36px 44px}
.chart figcaption{margin-bottom:8px}
.bars{table-layout:fixed}.bars th,.bars td{border:0;padding:3px 0}.bars .c-name{width:31%}.bars .c-value{width:88px}.bars th{font-size:13px;overflow:hidden;text-overflow:ellipsis}.bars .value{font-size:13px}
.track div{position:relative;height:16px;margin:0 6px}.track i{position:absolute;top:-4px;bottom:-4px;width:1px;background:var(--line)}
.track b{position:absolute;left:0;top:1px;bottom:1px;background:var(--k);opacity:.5;border-radius:0 3px 3px 0}
.track u{position:absolute;top:7px;height:2px;background:var(--ink);opacity:.85}.track u::before,.track u::after{content:"";position:absolute;top:-3px;width:1.5px;height:8px;background:inherit}.track u::before{left:0}.track u::after{right:0}
.track s{position:absolute;top:4px;width:8px;height:8px;margin-left:-4px;border-radius:50%;background:var(--k);opacity:.75}
.scale em{position:absolute;transform:translateX(-50%);font-style:normal;font-size:11px;color:var(--soft)}
.curves .panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:22px 28px}
.panel svg:not(.mark){display:block;width:100%;height:auto}.panel figcaption{font-size:13px;margin-bottom:2px}
.raw{stroke:var(--k);stroke-width:.8;opacity:.38;fill:none}.smooth{stroke:var(--k);stroke-width:2.2;fill:none;stroke-linejoin:round}
.panel svg.log{display:none}.curves:has([value=log]:checked) svg.log{display:block}.curves:has([value=log]:checked) svg.linear{display:none}
.switch{border:0;padding:0;margin:0 0 16px;display:flex;gap:16px;font-size:14px;align-items:center}.switch legend{float:left;color:var(--soft);padding:0}.switch input{accent-color:var(--accent)}
.bad{color:var(--bad);font-weight:600}
details{margin-top:12px}summary{cursor:pointer;color:var(--accent);font-size:14px}
.ledger+.ledger{margin-top:40px}.ledger .strip{width:38%;min-width:180px;text-align:left}.ledger td.strip{padding:0 12px}
.strip div{position:relative;height:20px}.strip i{position:absolute;top:-9px;bottom:-9px;width:1.5px;background:var(--soft);opacity:.6}
.strip s,.strip b{position:absolute;top:4px;width:12px;height:12px;margin-left:-6px;border-radius:50%;border:2px solid var(--k-soup)}.kept .strip b{background:var(--k-soup)}.left .strip b{background:var(--soft);border-color:var(--soft)}
.strip s{border-color:var(--k-sweep);background:var(--paper)}.kept .verdict{color:var(--good);font-weight:600}.left{color:var(--soft)}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,310px),1fr));gap:20px}
.picture{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px}
.picture header{display:flex;gap:14px;align-items:center;margin-bottom:10px}.picture header div{display:grid;line-height:1.3}.picture header .soft{font-size:12px}
.picture img{width:76px;height:76px;object-fit:contain;background:#fff;border-radius:8px;padding:6px}
.picture ul{list-style:none;margin:0;padding:0;font-size:13px}.picture li{display:grid;grid-template-columns:9.2em minmax(0,1fr);gap:0 10px;padding:4px 0;align-items:center}
.picture .row{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}.picture small{grid-column:2;font-size:11.5px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.guess{position:relative;display:flex;justify-content:space-between;gap:8px;padding:1px 7px;border-radius:4px;background:var(--faint);overflow:hidden;min-width:0}
.guess i{position:absolute;inset:0 auto 0 0;background:color-mix(in srgb,var(--v) 24%,transparent)}.guess span{position:relative;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.guess .hidden{position:absolute}.guess em{position:relative;font-style:normal;color:var(--soft)}
.right{--v:var(--good)}.wrong{--v:var(--bad)}.right .guess>span{color:var(--good)}
a:focus-visible,summary:focus-visible,input:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media (max-width:640px){body{padding:24px 16px 56px}h1{font-size:30px}h2{font-size:22px}.lead{font-size:18px}section{margin-top:48px}.facts div{flex-basis:50%}
.plot{display:block}.plot figcaption{padding:0}.plot .legend{flex-flow:row wrap}.plot .wide{display:none}.plot .narrow{display:block}.findings li{grid-template-columns:1fr}.results th:first-child{position:sticky;left:0;background:var(--paper)}th,td{padding:8px 9px}.results td .soft,.results td .figure{display:block;line-height:1.3}.results td .soft{font-size:12px}.results th small{white-space:normal;max-width:120px}.results td.time{font-size:12px}.bars .c-name{width:36%}.bars .c-value{width:82px}}
@media print{body{max-width:none;padding:0}section{break-inside:avoid}}
`)
