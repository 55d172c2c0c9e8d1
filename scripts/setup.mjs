// Installs and builds everything, on a machine that has nothing but Node and npm.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

const { packageManager } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))

/** Runs a command in the workspace with its output shown; ends this process with its exit code when it fails. */
export function run(command, args, { cwd = root, env = {} } = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    env: environment(env)
  })
  if (error) console.error(`\`${command}\` could not be started: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

/** Runs commands with their arguments side by side. When all have ended and one has failed, this process ends, too. */
export async function runTogether(commands) {
  const codes = await Promise.all(
    commands.map(
      ([command, args]) =>
        new Promise((resolve) => {
          const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: environment() })
          child.on('error', (error) => {
            console.error(`\`${command}\` could not be started: ${error.message}`)
            resolve(1)
          })
          child.on('close', (code) => resolve(code ?? 1))
        })
    )
  )
  const failed = codes.find((code) => code !== 0)
  if (failed !== undefined) process.exit(failed)
}

function environment(more = {}) {
  return { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', ...more }
}

/** The workspace's own pnpm, whether or not the machine has one. */
export function pnpm(...args) {
  run(...pnpmCommand(...args))
}

/** The command that `pnpm` runs, and its arguments. */
export function pnpmCommand(...args) {
  return ['npx', ['--yes', packageManager, ...args]]
}

/** @param isCacheUsed false: builds everything anew */
export function setup({ isCacheUsed = true } = {}) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`sitedrive needs Node 20.19 or newer; this is ${process.versions.node}.`)
    process.exit(1)
  }
  pnpm('install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only', '--loglevel=warn')
  pnpm(
    'exec',
    'turbo',
    'run',
    'build',
    '--filter=./packages/*',
    '--output-logs=errors-only',
    '--no-update-notifier',
    ...(isCacheUsed ? [] : ['--force'])
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup()
