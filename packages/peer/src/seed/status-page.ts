import { formatBytes, plural, printable } from '@sitedrive/core/internal'
import { escapeHtml } from '@sitedrive/mirror/parts'
import type { PeerStatus, PublisherStatus, SiteStatus } from './peer-status.js'

/** Largest number of shown titles of a release. */
const MAX_TITLES = 3

/** Largest number of shown sites; the others are only in the JSON. */
const MAX_SITES = 1_000

/** Longest text from a drive or an error. Characters. */
const MAX_TEXT = 400

/** Longest title of a site. Characters. */
const MAX_TITLE = 120

/** Largest number of shown publishers of a site. */
const MAX_PUBLISHERS = 3

/** The status page for people: no script, nothing loaded from elsewhere. */
export function statusPage(status: PeerStatus): string {
  const { key, sites, publishers, strangers } = status
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>sitedrive peer</title>
<style>${STYLE}</style>
<header>
<h1>sitedrive peer</h1>
<p>Keeps ${plural(sites.length, 'site')} online${states(sites)}. ${plural(status.connections, 'peer')} connected, ${usage(status.usedBytes, status.totalBytes)}.</p>
${health(status)}
</header>
<main>
<h2>Sites</h2>
${sites.length > 0 ? `<ul class="sites">\n${inOrder(sites).slice(0, MAX_SITES).map(siteItem).join('\n')}\n</ul>${moreSites(sites.length)}` : '<p>None yet. A trusted publisher pins one with the command below.</p>'}
<h2>Publishers</h2>
${publishers.length > 0 || strangers ? publisherTable(publishers, strangers) : '<p>Nobody is trusted yet: start the peer with <code>--trust &lt;publisher key&gt;</code>.</p>'}
<h2>Pin a site here</h2>
<p>In the folder of the site:</p>
<pre><code>npx sitedrive init --seed ${text(key)}</code></pre>
</main>
<footer><p>Up since ${time(status.startedAt)}. The same as <a href="/status.json">JSON</a>, and as <a href="/metrics">metrics</a>.</p></footer>
</html>
`
}

function health({ isHealthy, problem, sites }: PeerStatus): string {
  const said = (kind: 'good' | 'problem', words: string) => `<p class="${kind}">${words}</p>`
  if (problem !== null) return said('problem', text(problem))
  if (!isHealthy) return said('problem', 'This peer is not well.')
  const count = sites.filter(isInNeed).length
  if (count === 0) return said('good', 'This peer and its sites are well.')
  return said('problem', `${plural(count, 'site')} ${count === 1 ? 'needs' : 'need'} a look.`)
}

function moreSites(sites: number): string {
  return sites > MAX_SITES
    ? `<p>And ${plural(sites - MAX_SITES, 'more site')}, in the <a href="/status.json">JSON</a>.</p>`
    : ''
}

/** `: 2 complete, 1 fetching`; empty where it goes without saying. */
function states(sites: readonly SiteStatus[]): string {
  if (sites.every(({ state }) => state === 'complete')) return ''
  const counts = new Map<string, number>()
  for (const { state } of sites) counts.set(state, (counts.get(state) ?? 0) + 1)
  return `: ${[...counts].map(([state, count]) => `${count} ${state}`).join(', ')}`
}

interface NamedSite {
  site: SiteStatus
  name: string
}

/** What needs the operator comes first; the others are sorted by what they are called. */
function inOrder(sites: readonly SiteStatus[]): NamedSite[] {
  const named = sites.map((site) => {
    const name = nameOf(site)
    return { site, name, order: `${isInNeed(site) ? 0 : 1} ${name.toLowerCase()}` }
  })
  return named.toSorted((one, other) => (one.order < other.order ? -1 : Number(one.order > other.order)))
}

function isInNeed({ state, problem, problems }: SiteStatus): boolean {
  return state === 'damaged' || state === 'over quota' || problem !== null || problems.length > 0
}

/** A title may be long, or empty to the eye. */
function nameOf({ title, names, key }: SiteStatus): string {
  const shown = printable((title ?? '').slice(0, MAX_TITLE))
    .replaceAll('\uFFFD', '')
    .trim()
  return shown === '' ? (names[0] ?? shortened(key)).slice(0, MAX_TEXT) : shown
}

function pinnedBy(publishers: readonly string[]): string {
  if (publishers.length === 0) return '–'
  const more = publishers.length > MAX_PUBLISHERS ? ` and ${publishers.length - MAX_PUBLISHERS} more` : ''
  const shown = publishers.slice(0, MAX_PUBLISHERS)
  return `${shown.map((key) => `<code title="${text(key)}">${text(shortened(key))}</code>`).join(', ')}${more}`
}

function siteItem({ site, name }: NamedSite): string {
  const facts: [string, string][] = [
    ['Release', site.release === null ? '–' : String(site.release)],
    ['Published', time(site.publishedAt)],
    ['Updated here', time(site.updatedAt)],
    [
      'Files',
      site.files === null ? '–' : `${site.files.toLocaleString('en')}, ${formatBytes(site.bytes ?? 0)}`
    ],
    ['On disk', formatBytes(site.heldBytes)],
    ['Peers', String(site.peers)],
    ['Pinned by', pinnedBy(site.pinnedBy)]
  ]
  // Records of older versions have no words, only titles.
  const words = site.words ?? site.titles.slice(0, MAX_TITLES).join(' · ')
  return `<li>
<h3><a href="${text(site.url)}">${text(name)}</a> <span class="state ${site.state.replace(' ', '-')}">${site.state}</span></h3>
<p class="key">${text(site.url)}</p>
<p class="key"><a href="${text(site.link)}">${text(site.link)}</a></p>
${words === '' ? '' : `<p class="words">${text(words)}</p>`}
<dl>${facts.map(([term, fact]) => `<div><dt>${term}</dt><dd>${fact}</dd></div>`).join('')}</dl>
${site.problem === null ? '' : `<p class="problem">${text(site.problem)}</p>`}
${site.problems.map((problem) => `<p class="problem">${text(problem)}</p>`).join('\n')}
${damagedFiles(site)}
</li>`
}

/** The full list, folded: the sentences above name the first files. */
function damagedFiles({ damaged, damagedCount }: SiteStatus): string {
  if (damaged.length === 0) return ''
  const items = damaged.map(({ path, release, why }) => {
    const place = release === null ? '' : `release ${release}, `
    return `<li><code>${text(path)}</code> (${place}${text(why)})</li>`
  })
  const more = damagedCount > damaged.length ? `<li>and ${damagedCount - damaged.length} more</li>` : ''
  return `<details><summary>${plural(damagedCount, 'file')} not as signed</summary><ul>${items.join('')}${more}</ul></details>`
}

function publisherTable(publishers: PublisherStatus[], strangers: PeerStatus['strangers']): string {
  const rows = publishers.map(({ publisher, quotaBytes, usedBytes, isConnected }) =>
    publisherRow(`<code>${text(publisher)}</code>`, usedBytes, quotaBytes, isConnected)
  )
  if (strangers) rows.push(publisherRow('Strangers', strangers.usedBytes, strangers.quotaBytes, false))
  return `<ul class="publishers">\n${rows.join('\n')}\n</ul>`
}

function publisherRow(name: string, used: number, quota: number | null, isConnected: boolean): string {
  const bar =
    quota === null
      ? ''
      : `<meter min="0" max="${Math.max(quota, 1)}" high="${quota * 0.9}" value="${Math.min(used, quota)}"></meter>`
  return `<li><span>${name}${isConnected ? ' <span class="state complete">connected</span>' : ''}</span><span>${usage(used, quota)}</span>${bar}</li>`
}

function usage(used: number, quota: number | null): string {
  return quota === null ? `${formatBytes(used)} used` : `${formatBytes(used)} of ${formatBytes(quota)} used`
}

/** A date comes from a release record, which may contain any text. */
function time(iso: string | null): string {
  const ms = iso === null ? NaN : Date.parse(iso)
  if (Number.isNaN(ms)) return '–'
  const normal = new Date(ms).toISOString()
  return `<time datetime="${normal}">${normal.slice(0, 16).replace('T', ' ')} UTC</time>`
}

function shortened(key: string): string {
  return `${key.slice(0, 8)}…${key.slice(-4)}`
}

function text(from: string): string {
  return escapeHtml(printable(from.length > MAX_TEXT ? `${from.slice(0, MAX_TEXT)}…` : from))
}

const STYLE = `
:root{--ink:#1b1f24;--soft:#5b6470;--line:#d9dde2;--card:#fff;--page:#f5f6f8;--link:#0b57d0;--good:#116932;--busy:#7a4b00;--bad:#a1181d}
@media (prefers-color-scheme:dark){:root{--ink:#e7eaee;--soft:#9aa4b1;--line:#333a43;--card:#1b2027;--page:#12161b;--link:#8ab4f8;--good:#6fd391;--busy:#f0b95a;--bad:#ff8f8f}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:1.5rem 1rem 3rem;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
h1{margin:0;font-size:1.6rem}h2{margin:2rem 0 .75rem;font-size:1.15rem}h3{margin:0;font-size:1.05rem;overflow-wrap:anywhere}
p{margin:.25rem 0}header p,footer,dt,.words{color:var(--soft)}
a{color:var(--link)}code,.key{font-family:ui-monospace,monospace;font-size:.85em;overflow-wrap:anywhere}
pre{margin:.5rem 0;padding:.75rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem;overflow-x:auto;white-space:pre-wrap}
ul{list-style:none;margin:0;padding:0}
.sites{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr))}
.sites>li{padding:1rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem;min-width:0;content-visibility:auto;contain-intrinsic-size:auto 20rem}
.words{overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.5rem 1rem;margin:.75rem 0 0}
dl div{min-width:0}dt{font-size:.8rem}dd{margin:0;font-variant-numeric:tabular-nums}
.state{display:inline-block;padding:0 .5em;border:1px solid currentColor;border-radius:1em;font-size:.75rem;font-weight:600;color:var(--busy)}
.state.complete,.good{color:var(--good)}.state.over-quota,.state.damaged,.problem{color:var(--bad)}
details li{overflow-wrap:anywhere}
time{white-space:nowrap}
@media (max-width:30rem){dl{grid-template-columns:1fr;gap:.15rem}dl div{display:flex;justify-content:space-between;gap:1rem}dt{font-size:.9rem}}
.publishers li{display:flex;flex-wrap:wrap;gap:.25rem 1rem;justify-content:space-between;padding:.5rem 0;border-top:1px solid var(--line)}
meter{width:100%;height:.6rem}
footer{margin-top:2.5rem;font-size:.9rem}
`
