import { printable } from './text.js'

const TOPICS = ['network', 'preview', 'seeds'] as const

/** Parts that write what they do, for people who search for a fault. */
export type DebugTopic = (typeof TOPICS)[number]

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

/** @param env @default that of this process */
export function isDebugged(topic: DebugTopic, env: NodeJS.ProcessEnv = process.env): boolean {
  const wanted = env['SITEDRIVE_DEBUG']
  if (!wanted || wanted === '0') return false
  const words = wanted.split(',').map((word) => word.trim())
  return words.includes(topic) || !TOPICS.some((known) => words.includes(known))
}
