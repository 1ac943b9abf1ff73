"""How the report's page looks: light and dark as the reader's system is, and plain on paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c2024; --quiet: #5b6470; --line: #d9dee3; --panel: #f5f7f9;
  --good: #1a7f37; --bad: #c4252d; --wait: #a15c00; --first: #7a5bd0; --last: #1f6fb2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e6e9ec; --quiet: #9aa4af; --line: #343b42; --panel: #1c2125;
    --good: #4cc06a; --bad: #ff6b6b; --wait: #f0a94a; --first: #a48cf0; --last: #5aaef0;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 3rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
p { margin: .4rem 0; }
.quiet, small, figcaption small, caption { color: var(--quiet); font-weight: normal; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.9rem, 1fr)); gap: .6rem;
  margin: 1.2rem 0; padding: 0; list-style: none; }
.tiles li { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem;
  padding: .6rem .8rem; }
.tiles b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { text-align: left; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
thead th { color: var(--quiet); font-weight: 600; font-size: .85em; white-space: nowrap; }
tbody th { font-weight: 500; min-width: 9rem; overflow-wrap: anywhere; }
.n { text-align: right; white-space: nowrap; }
.judged { font-weight: 600; white-space: nowrap; }
.pass { color: var(--good); } .fail { color: var(--bad); } .none { color: var(--quiet); }
figure { margin: 1rem 0; overflow-x: auto; background: var(--panel); border: 1px solid var(--line);
  border-radius: .5rem; padding: .8rem 1rem .5rem; }
figcaption { font-weight: 600; }
svg { display: block; width: 100%; min-width: 34rem; height: auto; }
svg .grid { stroke: var(--line); } svg .axis { fill: var(--quiet); font-size: 11px; }
rect.delivered { fill: var(--good); } rect.dead { fill: var(--bad); }
rect.open { fill: var(--wait); }
rect.first { fill: var(--first); } rect.last, circle.last { fill: var(--last); }
polyline.last { fill: none; stroke: var(--last); stroke-width: 1.5; }
line.wish { stroke: var(--bad); stroke-dasharray: 5 4; }
.legend { font-size: .85em; color: var(--quiet); margin: 0 0 .2rem; }
.key { margin-right: 1.2rem; white-space: nowrap; }
.key i { display: inline-block; width: .75em; height: .75em; margin-right: .4em;
  border-radius: 2px; background: var(--quiet); }
.key .delivered { background: var(--good); } .key .dead { background: var(--bad); }
.key .open { background: var(--wait); } .key .first { background: var(--first); }
.key .last { background: var(--last); } .key .wish { background: var(--bad); height: 2px;
  vertical-align: middle; }
.meter { display: block; width: 100%; min-width: 8rem; height: .6rem; background: var(--line);
  border-radius: .3rem; overflow: hidden; }
.meter i { display: block; height: 100%; background: var(--last); }
.meter .over { background: var(--bad); }
.nothing { background: var(--panel); border: 1px dashed var(--line); border-radius: .5rem;
  padding: .8rem 1rem; color: var(--quiet); }
dt { font-weight: 600; margin-top: .5rem; } dd { margin: 0; color: var(--quiet); }
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --quiet: #444; --line: #bbb;
    --panel: #fff; --good: #1a7f37; --bad: #c4252d; --wait: #a15c00; --first: #7a5bd0;
    --last: #1f6fb2; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  figure, tr, .tiles li { break-inside: avoid; }
  h2 { break-after: avoid; }
  .scroll, figure { overflow: visible; } svg { min-width: 0; }
  details::details-content { content-visibility: visible; }
}
""".strip()
