// Makes of src/library/page the files that the page of the library is. The package's `build` runs it, and so do tests.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePage } from '../../mirror/scripts/bundle-page.mjs'

const root = path.dirname(import.meta.dirname)

export default function bundleLibrary() {
  return bundlePage({
    source: path.join(root, 'src/library/page'),
    outdir: path.join(root, 'dist/library/page')
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleLibrary()
