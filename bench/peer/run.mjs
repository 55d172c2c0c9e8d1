// `npm run bench -- peer`: the mirror beside sirv, serve-drive and nginx on the same files, HTTP/2 beside HTTP/1.1, and how releases
// reach a peer.
// BENCH_SECONDS (default 2), BENCH_ROUNDS (3) and BENCH_PAGES (10000) change its size.
import { describeMachine, printTable, seconds } from '../measure.mjs'
import { benchMirror } from './mirror.mjs'
import { benchPageLoad } from './page-load.mjs'
import { benchPaths } from './paths.mjs'
import { benchReleases } from './releases.mjs'

console.log(`Machine: ${describeMachine()}; servers, clients and load share it.`)

const mirror = await benchMirror()
printTable(
  'Requests to a mirror: how many a second, and within which time 99 of 100 were answered',
  ['', ...mirror.get('sitedrive').keys()],
  [...mirror].map(([name, loads]) => [
    name,
    ...[...loads.values()].map(({ perSecond, p99, errors }) => {
      const failed = errors > 0 ? `, ${errors} failed` : ''
      return `${Math.round(perSecond).toLocaleString('en')}, ${p99.toFixed(1)} ms${failed}`
    })
  ])
)

const paths = await benchPaths()
const ofSirv = paths.get('sirv')
printTable(
  'CPU time of the server for one request, times that of sirv, and within which time 99 of 100 were answered',
  ['', ...ofSirv.keys()],
  [...paths].map(([name, loads]) => [
    name,
    ...[...loads].map(([load, { cpuMs, p99 }]) => {
      const times = (cpuMs / ofSirv.get(load).cpuMs).toFixed(1)
      return `${cpuMs.toFixed(3)} ms, ${times} ×, ${p99.toFixed(1)} ms`
    })
  ])
)

const { http2, http1 } = await benchPageLoad()
printTable(
  'A page with 60 images over a line with 50 ms there and back, in Chromium, nothing cached',
  ['', 'load event', 'times HTTP/2'],
  [
    ['HTTP/2', seconds(http2), '1'],
    ['HTTP/1.1', seconds(http1), (http1 / http2).toFixed(2)]
  ]
)

const { pages, transfer, onePage, visitors, shown } = await benchReleases()
printTable(
  `From ${pages.toLocaleString('en')} files written to every block on another machine`,
  ['', 'median', 'times sitedrive'],
  [
    ['sitedrive, confirmed', seconds(transfer.seed), '1'],
    ["hyperdrive's download('/')", seconds(transfer.reader), (transfer.reader / transfer.seed).toFixed(2)]
  ]
)

const { warm, cold } = onePage
printTable(
  'A release of one page, from the call to its confirmation',
  ['', 'all', 'first bytes stored after', 'index written after', 'dialling, copying, proof'],
  [
    ['in a process that has published before', ...onePageRow(warm)],
    ['`sitedrive publish`, a whole process', seconds(cold), '', '', '']
  ]
)

printTable(
  'First byte of pages that the peer does not have yet, while it fetches the site from its author',
  ['', 'time'],
  [
    ['median', seconds(visitors.median)],
    ['95 of 100', seconds(visitors.p95)],
    ['first page after the peer was opened', seconds(visitors.firstMs)],
    ['visitors', String(visitors.count)]
  ]
)

printTable(
  'From the confirmation of a release to its page at a reader; below zero: before the publisher knew',
  ['', 'p50', 'p95', 'releases'],
  [
    ['hyper, a plain Hyperdrive on another machine', ...shownRow(shown.hyper)],
    ['https, asked at the peer', ...shownRow(shown.https)]
  ]
)
process.exit(0)

function shownRow({ median, p95, count }) {
  return [seconds(median), seconds(p95), String(count)]
}

function onePageRow({ all, confirmed, beganAt }) {
  return [seconds(all), seconds(beganAt.write), seconds(beganAt.index), seconds(confirmed)]
}
