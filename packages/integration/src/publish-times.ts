import { sharedInProcess } from './process-memory.js'

/** @returns the start of the current build in milliseconds since 1970: the last publish in this process, else the process's start. Files that were written while the build was prepared belong to it too */
export function buildStartedAt(projectDir: string): number {
  return publishTimes().get(projectDir) ?? performance.timeOrigin
}

export function rememberPublish(projectDir: string): void {
  publishTimes().set(projectDir, Date.now())
}

function publishTimes(): Map<string, number> {
  return sharedInProcess('publish times', () => new Map<string, number>())
}
