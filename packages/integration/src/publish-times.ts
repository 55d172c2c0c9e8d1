import { remembered } from './process-memory.js'

/** @returns when the build that runs began, milliseconds since 1970: what prepared it in this process wrote for it as well */
export function buildStartedAt(projectDir: string): number {
  return publishTimes().get(projectDir) ?? performance.timeOrigin
}

export function rememberPublish(projectDir: string): void {
  publishTimes().set(projectDir, Date.now())
}

function publishTimes(): Map<string, number> {
  return remembered('publish times', () => new Map<string, number>())
}
