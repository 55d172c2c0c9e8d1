import { printable } from './text.js'

/** Parts that tell what they do, for whoever looks for a fault. */
export type DebugTopic = 'network' | 'seeds' | 'preview'

/**
 * Writes a line to stderr when `SITEDRIVE_DEBUG` asks for it: `1` for all topics, or some of them with commas.
 *
 * @param text called only when the line is wanted
 */
export function debug(topic: DebugTopic, text: () => string): void {
  if (!isDebugged(topic)) return
  const seconds = (performance.now() / 1000).toFixed(3)
  process.stderr.write(`sitedrive ${topic} ${seconds} s: ${printable(text())}\n`)
}

/** @param topic without it: any */
export function isDebugged(topic?: DebugTopic): boolean {
  // Read each time: a plugin's process may get it later, and a test may set it.
  const wanted = process.env['SITEDRIVE_DEBUG']
  if (!wanted || wanted === '0') return false
  const topics = wanted.split(',').map((word) => word.trim())
  const known: readonly string[] = ['network', 'seeds', 'preview'] satisfies DebugTopic[]
  const isAll = !topics.some((word) => known.includes(word))
  return isAll || topic === undefined || topics.includes(topic)
}
