#include "report/style.h"

namespace nadir::html {

std::string_view style_sheet() {
  return R"css(
:root {
  --page: #ffffff; --soft: #f6f7f9; --line: #e3e6eb; --strong-line: #c3c9d2;
  --ink: #161b22; --muted: #59626f; --accent: #1d5bbf; --ours: #f0f5fd; --track: #e9ecf1;
  --heat: #174291; --on-heat: #ffffff;
  --c0: #1d5bbf; --c1: #c8590a; --c2: #157f4f; --c3: #a83585; --c4: #6d4fd6; --c5: #7c6511;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #101318; --soft: #181c22; --line: #282e37; --strong-line: #444d5a;
    --ink: #e7eaee; --muted: #9aa4b2; --accent: #7aabff; --ours: #172033; --track: #262c35;
    --heat: #6b9ff5; --on-heat: #0b0e13;
    --c0: #7aabff; --c1: #f0954a; --c2: #4fc38a; --c3: #e583c6; --c4: #ab98ff; --c5: #d3b84a;
  }
}
* { box-sizing: border-box; }
html { color-scheme: light dark; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
main { padding: 0 clamp(20px, 5vw, 64px); }
main > * { max-width: 1152px; margin-left: auto; margin-right: auto; }
main > .full { max-width: 1600px; }
section { margin-top: 72px; }
h1, h2, h3 { line-height: 1.2; font-weight: 620; letter-spacing: -0.015em; text-wrap: balance; margin: 0; }
h1 { font-size: clamp(30px, 5vw, 44px); letter-spacing: -0.025em; overflow-wrap: anywhere; }
h2 { font-size: 23px; margin-bottom: 20px; }
h3 { font-size: 16px; }
header { padding-top: clamp(48px, 9vw, 104px); }
.summary { max-width: 46em; margin: 20px 0 0; font-size: 19px; line-height: 1.55; color: var(--muted);
  text-wrap: pretty; }
.note, .footnote { max-width: 46em; margin: 12px 0 0; color: var(--muted); font-size: 14px; }
.note { margin: -10px 0 24px; }
.muted { color: var(--muted); }
abbr { text-decoration: none; }
ul { list-style: none; margin: 0; padding: 0; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 2px;
}

.key-figures {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(212px, 1fr)); gap: 40px 36px; margin-top:
  56px;
}
.key-figure { border-top: 2px solid var(--ink); padding-top: 14px; min-width: 0; }
.key-figure h3 { display: flex; gap: 0.4em; font-size: 14px; font-weight: 500; color: var(--muted);
  letter-spacing: 0; }
.key-figure .number { margin: 6px 0 14px; font-size: 52px; line-height: 1.1; font-weight: 600;
  letter-spacing: -0.035em; }
.key-figure li { display: grid; grid-template-columns: 1fr auto; column-gap: 12px; margin-top: 8px;
  font-size: 13px;
  line-height: 1.4; color: var(--muted); }
.key-figure li.ours { color: var(--ink); font-weight: 600; }
.key-figure .name { overflow-wrap: anywhere; }
.key-figure .value { align-self: end; }
.key-figure .bar { grid-column: 1 / -1; }

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(212px, 1fr)); gap: 20px 36px; margin:
  0;
  padding: 26px 28px; background: var(--soft); border-radius: 10px; }
.facts dt { font-size: 13px; color: var(--muted); }
.facts dd { margin: 0; overflow-wrap: anywhere; }

.bar { display: block; height: 4px; margin-top: 3px; border-radius: 2px; background: var(--track); overflow:
  hidden; }
.bar > span { display: block; height: 100%; border-radius: 2px; background: var(--strong-line); }
.ours .bar > span, .classes .bar > span { background: var(--accent); }
.swatch { display: inline-block; flex: none; width: 0.8em; height: 0.8em; margin-right: 0.5em; border-radius:
  3px;
  border: 1px solid rgba(128, 128, 128, 0.55); vertical-align: -0.06em; }
.class-label { white-space: nowrap; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 15px; }
caption { caption-side: bottom; padding-top: 14px; text-align: left; font-size: 14px; color: var(--muted); }
caption > span { position: sticky; left: 0; display: block;
  max-width: min(56em, calc(100vw - 2 * clamp(20px, 5vw, 64px))); text-wrap: pretty; }
th, td { padding: 11px 14px; text-align: right; font-weight: 400; vertical-align: top; white-space: nowrap; }
th:first-child { text-align: left; }
thead th { font-size: 13px; font-weight: 500; color: var(--muted); vertical-align: bottom; }
.scores { border-bottom: 1px solid var(--strong-line); border-top: 1.5px solid var(--ink); }
.scores thead th { border-bottom: 1px solid var(--strong-line); }
.scores tbody tr + tr > * { border-top: 1px solid var(--line); }
.scores caption { border-top: 1px solid var(--strong-line); }
.scores strong { font-weight: 700; }
.scores tr.ours > *, .scores tr.ours > th:first-child { background: var(--ours); }
.scores tr.ours > th { font-weight: 600; box-shadow: inset 3px 0 var(--accent); }
.comparison th:first-child { position: sticky; left: 0; background: var(--page); }
.comparison tbody th { white-space: normal; min-width: 9em; }
.classes td { min-width: 84px; }

.confusion { width: auto; border-collapse: separate; border-spacing: 3px; }
.confusion td { position: relative; min-width: 118px; height: 68px; padding: 10px 14px; text-align: center;
  vertical-align: middle; background: var(--soft); border-radius: 6px; overflow: hidden; }
.confusion th { vertical-align: middle; padding: 8px 12px 8px 0; }
.confusion thead th { text-align: center; padding: 4px 10px; }
.confusion thead th:first-child { text-align: left; padding-left: 0; }
.confusion td.corner { background: none; height: auto; padding: 0; min-width: 0; }
.confusion td.total { background: none; text-align: right; color: var(--muted); min-width: 0; font-size:
  14px; }
.confusion thead th:last-child { text-align: right; }
.heat { position: absolute; inset: 0; background: var(--heat); }
.over { position: relative; }
.over > span { display: block; line-height: 1.35; }
.percent { font-weight: 600; }
.count { font-size: 13px; }
.confusion .strong { color: var(--on-heat); }
.dense .count { display: none; }
.dense td { min-width: 66px; height: 40px; padding: 6px 8px; font-size: 13px; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 48px
  56px; }
figure { margin: 0; min-width: 0; }
.chart > figcaption { font-weight: 620; letter-spacing: -0.01em; }
.chart > svg { display: block; width: 100%; height: auto; margin-top: 8px; overflow: visible; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 6px 0 0; font-size: 14px; }
.legend li { display: flex; align-items: center; gap: 7px; }
.sample { width: 24px; height: 8px; flex: none; }
.chart path { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap:
  butt; }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); }
.c3 { color: var(--c3); } .c4 { color: var(--c4); } .c5 { color: var(--c5); }
.d1 path { stroke-dasharray: 7 3; } .d2 path { stroke-dasharray: 2 2.5; } .d3 path { stroke-dasharray: 9 3 2
  3; }
.chart circle { fill: currentColor; stroke: transparent; stroke-width: 10; pointer-events: all; }
.point { opacity: 0; }
.point:hover { opacity: 1; }
.chart text { font-size: 12px; fill: var(--muted); }
.grid { stroke: var(--line); }
.axis { stroke: var(--strong-line); }
.mark { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 3; }
.marker text { fill: var(--ink); }

summary { cursor: pointer; color: var(--accent); width: fit-content; }
.values { margin-top: 8px; font-size: 14px; }
.values .scroll { max-height: 320px; overflow: auto; margin-top: 8px; border-top: 1px solid var(--line); }
.values table { font-size: 13px; }
.values th, .values td { padding: 4px 10px; }
.values thead th { position: sticky; top: 0; background: var(--page); }

.key { display: flex; flex-wrap: wrap; gap: 4px 22px; margin-bottom: 8px; font-size: 14px; }
.gallery { padding-top: 28px; }
.gallery h3 { margin-bottom: 14px; }
.row { --gap: 24px; --least: 210px; display: grid; gap: var(--gap); align-items: start;
  --share: calc((100% - (var(--columns) - 1) * var(--gap)) / var(--columns));
  grid-template-columns: repeat(auto-fill, minmax(max(min(100%, var(--least)), var(--share)), 1fr)); }
.row > figure { max-width: 600px; }
.row img { display: block; width: 100%; height: auto; border-radius: 6px; border: 1px solid var(--line);
  background: var(--soft); }
.row img.pixelated { image-rendering: pixelated; }
.row figcaption { margin-top: 8px; font-size: 14px; line-height: 1.45; color: var(--muted); }
.enlarge { display: block; cursor: zoom-in; border-radius: 6px; }
.close { display: none; }
.row > figure:target { position: fixed; inset: 0; z-index: 1; max-width: none; padding: 28px; background:
  var(--page);
  display: flex; flex-direction: column; align-items: center; }
.row > figure:target .enlarge { flex: 1; min-height: 0; width: 100%; cursor: default; }
.row > figure:target img { width: 100%; height: 100%; object-fit: contain; border: 0;
  background: none; }
.row > figure:target .close { display: block; position: absolute; top: 10px; right: 22px; font-size: 32px;
  line-height: 1.2;
  color: var(--ink); text-decoration: none; }

pre { margin: 16px 0 0; padding: 22px 26px; overflow-x: auto; background: var(--soft); border-radius: 10px;
  font-size: 13.5px;
  line-height: 1.55; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono",
  monospace; }
footer { margin-top: 88px; padding: 20px 0 56px; border-top: 1px solid var(--line); font-size: 13px; color:
  var(--muted); }

@media (max-width: 640px) {
  section { margin-top: 56px; }
  .key-figures { grid-template-columns: 1fr 1fr; gap: 32px 20px; }
  .key-figure .number { font-size: 38px; }
  .facts { grid-template-columns: 1fr 1fr; padding: 20px; gap: 16px 20px; }
  .chart text { font-size: 14px; }
  .row { --gap: 16px; --least: 150px; }
  th, td { padding: 10px; }
  .confusion td { min-width: 92px; }
}
@media print {
  @page { margin: 16mm; }
  body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { padding: 0; }
  header { padding-top: 0; }
  section, footer { margin-top: 22pt; }
  h1 { font-size: 22pt; }
  h2 { font-size: 14pt; margin-bottom: 10pt; }
  h3 { font-size: 10pt; }
  .summary { font-size: 11pt; margin-top: 8pt; }
  .key-figures { grid-template-columns: repeat(4, 1fr); gap: 14pt; margin-top: 20pt; }
  .key-figure .number { font-size: 24pt; margin: 2pt 0 6pt; }
  .key-figure h3, .key-figure li { font-size: 8pt; }
  .facts { grid-template-columns: repeat(4, 1fr); gap: 8pt 14pt; padding: 10pt 12pt; }
  .facts dt, .note, .footnote, caption, .legend, .key, .row figcaption, footer { font-size: 8.5pt; }
  .charts { grid-template-columns: 1fr 1fr; gap: 16pt 20pt; }
  .row { --least: 90pt; --gap: 10pt; }
  .row > figure { max-width: 300pt; }
  .key-figure, tr, figure, .facts { break-inside: avoid; }
  h2, h3, .key, .note { break-after: avoid; }
  .scroll { overflow: visible; }
  .comparison th:first-child, caption > span { position: static; }
  .values { display: none; }
  table { font-size: 9pt; }
  thead th { font-size: 8.5pt; }
  th, td { padding: 4pt 6pt; }
  .confusion td { height: 36pt; }
}
)css";
}

}  // namespace nadir::html
