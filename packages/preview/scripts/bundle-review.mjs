// Makes of src/review/page the files that the review page is. The package's `build` runs it, and so do tests.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePage } from '../../mirror/scripts/bundle-page.mjs'

const root = path.dirname(import.meta.dirname)

export default function bundleReview() {
  return bundlePage({
    source: path.join(root, 'src/review/page'),
    outdir: path.join(root, 'dist/review/page')
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleReview()
