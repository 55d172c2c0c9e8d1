import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from './clean-environment.js'
import { runCommand, type Finished } from './run-command.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Runs `npm run demo -- --once` with an example. It takes as long as setting up the workspace does. */
export function runDemo(example: string, env: Record<string, string> = {}): Promise<Finished> {
  const args = ['scripts/demo.mjs', '--once', '--example', example]
  const options = { cwd: root, env: cleanEnvironment(env), deadlineMs: 280_000 }
  return runCommand({ command: process.execPath, args }, options)
}
