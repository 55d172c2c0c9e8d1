// Makes the files of a private page of its sources. The `build` of the package that has the page calls it, and so do its tests.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'esbuild'

/**
 * @param {object} options
 * @param {string} options.source the folder with entry.tsx, page.css, index.html and icon.svg, absolute
 * @param {string} options.outdir absolute
 */
export async function bundlePage({ source, outdir }) {
  const { outputFiles } = await build({
    absWorkingDir: source,
    entryPoints: [
      { in: 'entry.tsx', out: 'page' },
      { in: 'page.css', out: 'page' }
    ],
    outdir,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    charset: 'utf8',
    write: false
  })
  await mkdir(outdir, { recursive: true })
  for (const { path: file, contents } of outputFiles) await put(outdir, path.basename(file), contents)
  for (const name of ['index.html', 'icon.svg'])
    await put(outdir, name, await readFile(path.join(source, name)))
}

/** Whole or not at all: servers of other tests may be reading it. */
async function put(outdir, name, contents) {
  const file = path.join(outdir, name)
  const temporary = `${file}.${process.pid}`
  await writeFile(temporary, contents)
  await rename(temporary, file)
}
