import { spawnSync } from 'node:child_process'

/** Whether this process may make network namespaces. */
export const canIsolate = process.platform === 'linux' && process.getuid?.() === 0 && ipSays('netns', 'list')

/** @returns whether `ip` could do it */
export function ipSays(...words: string[]): boolean {
  return spawnSync('ip', words).status === 0
}

export function ip(words: string): void {
  const { status, stderr } = spawnSync('ip', words.split(' '), { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${words}: ${stderr}`)
}
