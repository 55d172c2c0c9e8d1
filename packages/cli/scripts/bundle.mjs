// Makes the files that this package is published as. The package's `build` runs it.
import path from 'node:path'
import { bundlePackage } from '../../../scripts/bundle.mjs'

await bundlePackage({
  packageDir: path.dirname(import.meta.dirname),
  entries: ['sitedrive-main.ts'],
  together: [['sitedrive-main.ts'], ['commands/publish.ts']]
})
