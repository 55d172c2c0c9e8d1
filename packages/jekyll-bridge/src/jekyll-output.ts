import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { JekyllEvent } from './jekyll-events.js'

/** Finds out from Jekyll's output when builds begin and end: with `--safe` there is no plugin that reports it. */
export function readJekyllOutput(
  stdout: Readable,
  stderr: Readable,
  onEvent: (event: JekyllEvent) => void
): void {
  let isBuilding = false
  createInterface({ input: stdout }).on('line', (line) => {
    const text = withoutColors(line)
    if (/^\s+(Generating\.\.\.|Regenerating: )/.test(text)) {
      isBuilding = true
      onEvent({ event: 'building' })
    } else if (/^\s+(\.\.\.)?done in [\d.e-]+ seconds\.$/.test(text)) {
      isBuilding = false
      onEvent({ event: 'written', touched: null, sources: {} })
    }
  })
  createInterface({ input: stderr }).on('line', (line) => {
    const [, message] = /^\s+(?:Error|Liquid Exception): (.*)$/.exec(withoutColors(line)) ?? []
    if (message === undefined || !isBuilding) return
    isBuilding = false
    onEvent({ event: 'failed', message })
  })
}

function withoutColors(line: string): string {
  // eslint-disable-next-line no-control-regex -- color codes begin with one
  return line.replace(/\x1b\[[\d;]*m/g, '')
}
