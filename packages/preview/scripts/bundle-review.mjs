// Makes of src/review/page the files that the review page is. The package's `build` runs it, and so do tests.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const source = path.join(root, 'src/review/page')
const outdir = path.join(root, 'dist/review/page')

export default async function bundleReview() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [
      { in: 'src/review/page/entry.tsx', out: 'page' },
      { in: 'src/review/page/page.css', out: 'page' }
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
  for (const { path: file, contents } of outputFiles) await put(path.basename(file), contents)
  for (const name of ['index.html', 'icon.svg']) await put(name, await readFile(path.join(source, name)))
}

/** Whole or not at all: servers of other tests may be reading it. */
async function put(name, contents) {
  const file = path.join(outdir, name)
  const temporary = `${file}.${process.pid}`
  await writeFile(temporary, contents)
  await rename(temporary, file)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleReview()
