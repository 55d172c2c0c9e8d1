// Makes few files of the many sources of a package, and of the packages that they import: a program that loads 10 files instead of
// 600 starts in half the time. `scripts/bundle.mjs` of a package calls it, as part of the package's `build`.
import { copyFileSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import path from 'node:path'
import { rolldown } from 'rolldown'

/** Modules of Node's that take long to load. In the bundle they are loaded when something of them is used. */
const SLOW_BUILTINS = new Set([
  'child_process',
  'crypto',
  'dgram',
  'dns',
  'http',
  'https',
  'net',
  'perf_hooks',
  'readline',
  'readline/promises',
  'tls',
  'v8',
  'worker_threads',
  'zlib'
])

/**
 * Writes the folder `bundle` of a package: a file for each of its exports, files that these share, and the licences of what was taken
 * in. What package.json has as `dependencies` is not taken in: packages of this workspace, and of native ones the compiled part.
 *
 * @param {object} options
 * @param {string} options.packageDir absolute
 * @param {string[]} [options.entries] files of `src` that are no exports, and that must be found beside the others, as those of threads
 * @param {string[][]} [options.together] for each list of files of `src`: all that they import statically becomes one file, without
 *   what an earlier list took. The rest is left to the bundler, which makes a file for each set of importers
 * @param {string[]} [options.unused] packages that others load at once, for something that is never called here
 * @param {boolean} [options.isCompiled] what was compiled of it is kept for the next process, see `load-compiled.mjs`
 */
export async function bundlePackage({
  packageDir,
  entries = [],
  together = [],
  unused = [],
  isCompiled = false
}) {
  const src = path.join(packageDir, 'src')
  const outDir = path.join(packageDir, 'bundle')
  const manifest = JSON.parse(readFileSync(path.join(packageDir, 'package.json'), 'utf8'))
  const inputs = [...exportedFiles(manifest), ...entries]
  const dependencies = Object.keys(manifest.dependencies)
  const natives = nativePackages(packageDir, dependencies)
  rmSync(outDir, { recursive: true, force: true })
  const bundle = await rolldown({
    input: Object.fromEntries(inputs.map((file) => [path.basename(file, '.ts'), path.join(src, file)])),
    platform: 'node',
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    external: dependencies.filter((name) => !natives.has(name)).map((name) => new RegExp(`^${name}(/|$)`)),
    plugins: [
      { name: 'late-builtins', resolveId: resolveBuiltin, load: loadBuiltin },
      { name: 'native-packages', load: (id) => loadBinding(id, natives) },
      {
        name: 'unused-packages',
        resolveId: (source) => (unused.includes(source) ? `\0unused:${source}` : null),
        load: loadUnused
      }
    ],
    checks: { ineffectiveDynamicImport: false },
    onLog(level, log, handle) {
      // Of packages of others, nothing is to be mended here.
      if (!log.id?.includes('node_modules')) handle(level, log)
    }
  })
  const { output } = await bundle.write({
    dir: outDir,
    format: isCompiled ? 'cjs' : 'esm',
    entryFileNames: isCompiled ? '[name]-[hash].cjs' : '[name].js',
    chunkFileNames: `[name]-[hash].${isCompiled ? 'cjs' : 'js'}`,
    sourcemap: true,
    comments: false,
    // Names stay, for stack traces.
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
    codeSplitting: {
      groups: together.map((files, at) => ({
        ...groupOf(files.map((file) => path.join(src, file))),
        priority: together.length - at
      }))
    }
  })
  if (isCompiled) writeFacades(outDir, output)
  const modules = output.flatMap(({ moduleIds = [] }) => moduleIds)
  // Not `…LICENSES`: pnpm would take it for the licence of the package, and leave that out.
  writeFileSync(path.join(outDir, 'THIRD-PARTY-NOTICES.txt'), licenses(modules))
}

/** Files by which ES modules import the entries. */
function writeFacades(outDir, output) {
  copyFileSync(new URL('load-compiled.mjs', import.meta.url), path.join(outDir, 'load-compiled.js'))
  for (const { isEntry, name, fileName, exports } of output) {
    if (!isEntry) continue
    const names = exports.length > 0 ? `export const { ${exports.join(', ')} } = ` : ''
    const text = `import { load } from './load-compiled.js'\n${names}load('${fileName}')\n`
    writeFileSync(path.join(outDir, `${name}.js`), text)
  }
}

/** The sources of what a package exports. */
function exportedFiles({ exports }) {
  return Object.values(exports)
    .map((target) => target.default ?? target)
    .filter((file) => file.startsWith('./bundle/'))
    .map((file) => `${path.basename(file, '.js')}.ts`)
}

function resolveBuiltin(source) {
  const name = source.replace(/^node:/, '')
  return isBuiltin(source) && SLOW_BUILTINS.has(name) ? `\0late:${name}` : null
}

/** A module with the exports of Node's own one, each a getter. It has no facade as an import of Node's module has, which reads them all. */
async function loadBuiltin(id) {
  if (!id.startsWith('\0late:')) return null
  const name = id.slice('\0late:'.length)
  const getters = Object.keys((await import(`node:${name}`)).default).map(
    (key) => `get ${key}() { return whole().${key} }`
  )
  return `let module_
    const whole = () => (module_ ??= process.getBuiltinModule('node:${name}'))
    module.exports = { ${getters.join(', ')} }`
}

/**
 * Packages with a compiled part, which is found from their folder.
 *
 * @returns names → the path from the folder of the package's main file to its own
 */
function nativePackages(packageDir, names) {
  const require = createRequire(path.join(packageDir, 'package.json'))
  const natives = new Map()
  for (const name of names) {
    const dir = path.join(packageDir, 'node_modules', name)
    if (!JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8')).addon) continue
    natives.set(name, path.relative(path.dirname(require.resolve(name)), realpathSync(dir)) || '.')
  }
  return natives
}

/** The file by which a native package loads its compiled part: from where the package is installed, and not from beside the bundle. */
function loadBinding(id, natives) {
  const name = /node_modules\/([^/]+)\/binding\.js$/.exec(id)?.[1]
  if (!natives.has(name)) return null
  return `module.exports = require('require-addon')('${natives.get(name)}', require.resolve('${name}'))`
}

function loadUnused(id) {
  if (!id.startsWith('\0unused:')) return null
  const name = id.slice('\0unused:'.length)
  return `module.exports = class { constructor() { throw new Error('${name} is not in this bundle.') } }`
}

/** The files of `roots` and what they import, as one file. */
function groupOf(roots) {
  const name = path.basename(roots[0], '.ts').replace(/-entry$/, '')
  let reached = null
  return {
    debugName: name,
    name(id, context) {
      reached ??= closure(roots, context)
      return reached.has(id) ? name : null
    }
  }
}

/** The modules `roots`, and what they import statically, directly or through others. */
function closure(roots, context) {
  const reached = new Set(roots)
  for (const id of reached) for (const next of context.getModuleInfo(id)?.importedIds ?? []) reached.add(next)
  return reached
}

/** The licences of the packages that were taken in, as most of them ask for: each text once, below the packages that have it. */
function licenses(modules) {
  const dirs = new Set(
    modules.map((file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(Boolean)
  )
  const packagesOf = new Map()
  for (const dir of dirs) {
    const { name, version, license } = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'))
    const file = readdirSync(dir).find((entry) => /^(licen[cs]e|copying)/i.test(entry))
    const text = file ? readFileSync(path.join(dir, file), 'utf8').trim() : `Licence: ${license}`
    packagesOf.set(text, [...(packagesOf.get(text) ?? []), `${name} ${version}`])
  }
  return [...packagesOf]
    .map(([text, names]) => `${[...new Set(names)].join(', ')}\n\n${text}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`)
}
