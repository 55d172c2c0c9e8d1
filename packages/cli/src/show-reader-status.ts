import { formatBytes, plural } from '@sitedrive/core/internal'
import type { Reader } from '@sitedrive/reader'
import type { Session } from '@sitedrive/terminal'
import { StatusLine } from './status-line.js'

const TICK_MS = 1_000

/** Shows how the open sites stand, for as long as the command runs. @returns stops it */
export function showReaderStatus({ screen, env }: Session, reader: Reader): () => void {
  const line = new StatusLine(screen, env)
  const show = () => {
    const sites = [...reader.sites.values()]
    if (sites.length === 0) return
    const whole = sites.filter(({ isComplete }) => isComplete).length
    const peers = sites.reduce((sum, site) => sum + site.peers, 0)
    const bytes = sites.reduce((sum, { progress }) => sum + progress.bytes, 0)
    const words = `${whole} of ${plural(sites.length, 'site')} whole, ${formatBytes(bytes)} · connected to ${plural(peers, 'peer')}`
    line.show(words, `${whole} ${sites.length}`)
  }
  const timer = setInterval(show, TICK_MS)
  show()
  return () => clearInterval(timer)
}
