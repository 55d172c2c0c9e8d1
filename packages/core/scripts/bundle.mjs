// Makes the files that this package is published as. The package's `build` runs it.
import path from 'node:path'
import { bundlePackage } from '../../../scripts/bundle.mjs'

await bundlePackage({
  packageDir: path.dirname(import.meta.dirname),
  isCompiled: true,
  entries: ['checks/check-worker.ts', 'content/facts-worker.ts', 'secrets/secret-worker.ts'],
  together: [
    // What each command needs.
    ['start-entry.ts'],
    // A publish that finds nothing changed.
    ['index.ts', 'internal-entry.ts', 'holepunch/site-key.ts'],
    ['status-entry.ts'],
    ['rules-entry.ts'],
    ['page-entry.ts'],
    ['holepunch/backup-words.ts'],
    ['holepunch/key-pairs.ts'],
    // One that writes a release.
    ['session/open-session.ts', 'session/site-session.ts', 'holepunch/file-lock.ts'],
    // The checks of what changed.
    [
      'content/check-site.ts',
      'content/summarise.ts',
      'content/site-view.ts',
      'content/left-out-files.ts',
      'content/mask-hashes.ts'
    ],
    ['secrets/search-files.ts', 'secrets/secret-findings.ts'],
    // The network.
    ['session/seed-uplink.ts'],
    // What stays: a peer, a preview.
    ['drive-entry.ts', 'preview-entry.ts']
  ],
  // Hyperdrive copies folders with the first, and finds equal parts of large files with the second.
  unused: ['mirror-drive', 'rabin-stream']
})
