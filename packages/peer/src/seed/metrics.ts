import type { PeerStatus } from './peer-status.js'

/** Largest number of sites with their own series: a database of metrics must stay bounded. More sites are only counted. */
const MAX_SITES = 500

/** Responses by the first digit of their status. */
export type ResponseCounts = Record<'1xx' | '2xx' | '3xx' | '4xx' | '5xx', number>

/** The status in Prometheus' text format 0.0.4. Labels are keys and status classes, never paths or names. */
export function metricsText(status: PeerStatus, responses: ResponseCounts): string {
  const { sites, publishers } = status
  const shown = sites.slice(0, MAX_SITES)
  const perSite = (value: (site: PeerStatus['sites'][number]) => number) =>
    shown.map((site): Sample => [{ site: site.key }, value(site)])
  return [
    gauge('sitedrive_sites', 'Sites that are mirrored.', sites.length),
    gauge(
      'sitedrive_sites_complete',
      'Sites whose newest known release is here.',
      sites.filter(({ state }) => state === 'complete').length
    ),
    gauge('sitedrive_pins', 'Cores that are kept.', status.pins),
    series(
      'sitedrive_conflicts_total',
      'counter',
      'Times that a peer has shown another history of a kept core, signed with the same key.',
      [[{}, status.conflicts]]
    ),
    gauge('sitedrive_connections', 'Connected peers.', status.connections),
    gauge('sitedrive_used_bytes', 'Bytes that count in quotas.', status.usedBytes),
    gauge(
      'sitedrive_quota_bytes',
      'Bytes for all pins together; +Inf: no limit.',
      status.totalBytes ?? Infinity
    ),
    series(
      'sitedrive_site_release',
      'gauge',
      'Number of the release that is shown; 0: none.',
      perSite((site) => site.release ?? 0)
    ),
    series(
      'sitedrive_site_held_bytes',
      'gauge',
      'Bytes of a site on disk.',
      perSite((site) => site.heldBytes)
    ),
    series(
      'sitedrive_site_peers',
      'gauge',
      'Connected peers that share a site.',
      perSite((site) => site.peers)
    ),
    series(
      'sitedrive_site_damaged_files',
      'gauge',
      'Files of a site that are not what their author signed, and are not shown.',
      perSite((site) => site.damagedCount)
    ),
    series(
      'sitedrive_publisher_used_bytes',
      'gauge',
      'Bytes that a trusted publisher uses.',
      publishers.slice(0, MAX_SITES).map(({ publisher, usedBytes }) => [{ publisher }, usedBytes])
    ),
    series(
      'sitedrive_http_responses_total',
      'counter',
      'Responses by class of status.',
      Object.entries(responses).map(([code, count]) => [{ code }, count])
    ),
    gauge('process_resident_memory_bytes', 'Resident memory.', process.memoryUsage.rss()),
    gauge('process_start_time_seconds', 'Start of the peer, Unix time.', Date.parse(status.startedAt) / 1000)
  ].join('')
}

type Sample = [labels: Record<string, string>, value: number]

function gauge(name: string, help: string, value: number): string {
  return series(name, 'gauge', help, [[{}, value]])
}

function series(name: string, type: 'gauge' | 'counter', help: string, samples: Sample[]): string {
  const lines = samples.map(
    ([labels, value]) => `${name}${written(labels)} ${value === Infinity ? '+Inf' : value}\n`
  )
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

/** Keys and status classes need no escaping. */
function written(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}
