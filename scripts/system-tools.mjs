// Tools that tests need and npm does not have. Each is installed with apt-get where that is at hand.
import { spawnSync } from 'node:child_process'

const tools = [{ name: '`script`, a terminal for programs', command: 'script', package: 'bsdutils' }]

const has = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0

/** Installs what is missing. @returns the names of tools that this machine still lacks */
export function installSystemTools() {
  const missing = tools.filter(({ command }) => !has(command))
  if (missing.length > 0 && process.getuid?.() === 0 && has('apt-get')) {
    const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
    spawnSync('apt-get', ['update', '-qq'], options)
    spawnSync(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', ...missing.map((tool) => tool.package)],
      options
    )
  }
  return missing.filter(({ command }) => !has(command)).map(({ name }) => name)
}
