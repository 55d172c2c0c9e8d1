// What `npm` and `npx` are in the examples of the docs: packages come from this workspace, never from the registry.
//   stand-in-npm.js npm <real npm> <arguments…>   installs by links; all but installing is npm's own
//   stand-in-npm.js npx <real npm> <arguments…>   runs what is installed, else the workspace's package of that name
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

interface Manifest {
  name: string
  version: string
  bin?: string | Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const HOMES = ['packages', 'examples'].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder)).map((name) => path.join(ROOT, folder, name))
)

const [program, realNpm = 'npm', ...words] = process.argv.slice(2)
process.exitCode = program === 'npx' ? npx(words) : npm(words)

function npm([command = '', ...rest]: string[]): number {
  if (!['install', 'i', 'add', 'ci'].includes(command)) return run(realNpm, [command, ...rest])
  const names = rest.filter((word) => !word.startsWith('-')).map((word) => word.replace(/(?<=.)@[^/]*$/, ''))
  const isGlobal = rest.some((word) => word === '--global' || word === '-g')
  if (isGlobal) for (const name of names) linkGlobally(name)
  else
    install(
      names,
      rest.some((word) => word === '--save-dev' || word === '-D')
    )
  return 0
}

function npx(rest: string[]): number {
  const [named = '', ...args] = rest.filter((word, at) => at > 0 || !/^(-y|--yes)$/.test(word))
  for (let dir = process.cwd(); ; dir = path.dirname(dir)) {
    const command = path.join(dir, 'node_modules/.bin', named)
    if (!named.startsWith('@') && existsSync(command)) return run(command, args)
    if (named.startsWith('@') && existsSync(path.join(dir, 'node_modules', named)))
      return run(process.execPath, [mainCommand(path.join(dir, 'node_modules', named), named), ...args])
    if (dir === path.dirname(dir)) break
  }
  const dir = folderOf(named)
  if (!dir.startsWith(path.join(ROOT, 'packages') + path.sep) || dir.includes('node_modules'))
    throw new Error(`npx ${named}: it is not installed in ${process.cwd()}`)
  return run(process.execPath, [mainCommand(dir, named), ...args])
}

/** Links packages into the project, as an install would put them there. */
function install(names: string[], isDev: boolean): void {
  const file = path.join(process.cwd(), 'package.json')
  const manifest = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as Manifest
  if (names.length > 0) {
    const field = isDev ? 'devDependencies' : 'dependencies'
    const versions = names.map((name) => [name, `^${manifestOf(folderOf(name)).version}`] as const)
    manifest[field] = { ...manifest[field], ...Object.fromEntries(versions) }
    writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`)
  }
  const wanted =
    names.length > 0 ? names : Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  for (const name of wanted) {
    const link = path.join(process.cwd(), 'node_modules', name)
    if (existsSync(link)) continue
    mkdirSync(path.dirname(link), { recursive: true })
    symlinkSync(folderOf(name), link, 'junction')
    linkCommands(name, path.join(process.cwd(), 'node_modules/.bin'))
  }
}

function linkCommands(name: string, into: string): void {
  const dir = folderOf(name)
  for (const [command, file] of Object.entries(commandsOf(manifestOf(dir))))
    writeCommand(path.join(into, command), `'${process.execPath}' '${path.join(dir, file)}'`)
}

function linkGlobally(name: string): void {
  for (const command of Object.keys(commandsOf(manifestOf(folderOf(name)))))
    writeCommand(path.join(process.env['EXAMPLE_GLOBAL_BIN'] ?? '', command), `npx '${name}'`)
}

function writeCommand(file: string, words: string): void {
  if (existsSync(file)) return
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\nexec ${words} "$@"\n`)
  chmodSync(file, 0o755)
}

/** Where a package lies: in this workspace, or where one of its packages has it. */
function folderOf(name: string): string {
  const own = HOMES.find((dir) => existsSync(path.join(dir, 'package.json')) && manifestOf(dir).name === name)
  const dir =
    own ?? HOMES.map((home) => path.join(home, 'node_modules', name)).find((each) => existsSync(each))
  if (dir === undefined)
    throw new Error(`The workspace has no package \`${name}\`, so no example can install it.`)
  return dir
}

function mainCommand(dir: string, name: string): string {
  const commands = commandsOf(manifestOf(dir))
  const [first] = Object.values(commands)
  return path.join(dir, commands[name.replace(/^@[^/]+\//, '')] ?? first ?? '')
}

function manifestOf(dir: string): Manifest {
  return JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8')) as Manifest
}

function commandsOf({ name, bin = {} }: Manifest): Record<string, string> {
  return typeof bin === 'string' ? { [name.replace(/^@[^/]+\//, '')]: bin } : bin
}

function run(command: string, args: string[]): number {
  // Ctrl-C reaches the command by itself, which then ends as it likes; this process waits for it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  const env = { ...process.env }
  // It runs a network of its own, and refuses to be told another one.
  if (args.includes('--local')) delete env['SITEDRIVE_BOOTSTRAP']
  const { status, signal, error } = spawnSync(command, args, { stdio: 'inherit', env })
  if (error) throw error
  return status ?? (signal === 'SIGINT' ? 130 : 143)
}
