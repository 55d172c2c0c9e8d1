// Loads the CommonJS files of the folder that it was copied to, a package's `bundle`. What V8 has compiled of them is kept in the
// user’s folder for caches, and the next process begins with it: a quarter of what a small publish took was compiling.
//
// Node's own `module.enableCompileCache` is not there in Node 20, and turns on for all of a generator's process.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** Modules of Node's, loaded when they are needed: only a large file needs most of them. */
const late = (name) => process.getBuiltinModule(`node:${name}`)

/** What is kept of a smaller file takes as long to read and check as the file to compile. */
const SMALL_BYTES = 30_000
const SEAL_BYTES = 32
/** Of older versions of this package and of Node. They are compiled again if they are still in use. */
const OLD_MS = 30 * 24 * 60 * 60 * 1000

const loaded = new Map()
/** What was compiled here, for the next process. */
const compiledHere = new Map()

/**
 * Loads a file of this folder, once in a process.
 *
 * @param {string} name
 * @returns what it exports
 */
export function load(name) {
  const known = loaded.get(name)
  if (known) return known.exports
  const file = path.join(import.meta.dirname, name)
  const module = { exports: {} }
  loaded.set(name, module)
  try {
    compile(name, file)(module.exports, requireFrom, module, file, import.meta.dirname)
  } catch (error) {
    loaded.delete(name)
    throw error
  }
  return module.exports
}

const require = createRequire(import.meta.url)
const requireFrom = (name) => (name.startsWith('./') ? load(name.slice(2)) : require(name))
requireFrom.resolve = require.resolve

function compile(name, file) {
  const before = '(function (exports, require, module, __filename, __dirname) {'
  const source = `${before}${fs.readFileSync(file, 'utf8')}\n})`
  const key = source.length > SMALL_BYTES ? keyOf(name, file) : null
  const cachedData = key ? readKept(key) : undefined
  const { Script } = late('vm')
  const script = new Script(source, { filename: file, columnOffset: -before.length, cachedData })
  if (key && (!cachedData || script.cachedDataRejected)) willKeep(key, script)
  return script.runInThisContext()
}

/** V8 checks nothing of the source but its length. The name of a file has the hash of its content, and somebody may have edited it. */
function keyOf(name, file) {
  return `${name}-${Math.round(fs.statSync(file).mtimeMs)}-${late('v8').cachedDataVersionTag()}`
}

/** @returns nothing when nothing is kept, or when it cannot be trusted */
function readKept(key) {
  const dir = folder()
  if (dir === null) return undefined
  try {
    const kept = fs.readFileSync(path.join(dir, key))
    const data = kept.subarray(SEAL_BYTES)
    // V8 ends the process when it is given damaged code.
    return sealOf(data).equals(kept.subarray(0, SEAL_BYTES)) ? data : undefined
  } catch {
    return undefined
  }
}

function willKeep(key, script) {
  if (process.env.CI) return // there is no next process on such a machine
  // At the end, because then it has all functions that were called.
  if (compiledHere.size === 0) process.once('exit', keep)
  compiledHere.set(key, script)
}

function keep() {
  try {
    const dir = cacheDir()
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
    if (!isOurs(dir)) return
    removeOld(dir)
    for (const [key, script] of compiledHere) {
      const data = script.createCachedData()
      const unfinished = path.join(dir, `${key}.${process.hrtime.bigint()}`)
      fs.writeFileSync(unfinished, Buffer.concat([sealOf(data), data]), { mode: 0o600 })
      fs.renameSync(unfinished, path.join(dir, key))
    }
  } catch {
    // Nothing is kept where nothing can be written.
  }
}

function removeOld(dir) {
  for (const name of fs.readdirSync(dir)) {
    const file = path.join(dir, name)
    if (Date.now() - fs.statSync(file).mtimeMs > OLD_MS) fs.rmSync(file, { force: true })
  }
}

let knownFolder
/** The folder of what is kept; null: there is none, or others may write to it. */
function folder() {
  if (knownFolder !== undefined) return knownFolder
  try {
    const dir = cacheDir()
    knownFolder = isOurs(dir) ? dir : null
  } catch {
    knownFolder = null
  }
  return knownFolder
}

/** The user's folder for what can be deleted at any time. */
function cacheDir() {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  const home = late('os').homedir()
  const caches = {
    darwin: () => path.join(home, 'Library/Caches/sitedrive'),
    win32: () => path.join(LOCALAPPDATA || path.join(home, 'AppData/Local'), 'sitedrive/Cache')
  }
  const dir =
    caches[process.platform]?.() ?? path.join(XDG_CACHE_HOME || path.join(home, '.cache'), 'sitedrive')
  return path.join(dir, 'compiled')
}

/** Whoever writes to that folder decides what runs here: not somebody else, as where `sudo` keeps their home folder. */
function isOurs(dir) {
  const { uid, mode } = fs.lstatSync(dir)
  return process.platform === 'win32' || (uid === process.getuid() && (mode & 0o022) === 0)
}

function sealOf(data) {
  return late('crypto').createHash('sha256').update(data).digest()
}
