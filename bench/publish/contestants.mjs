// Who publishes one generated site, as whole processes, each into folders of its own.
import { mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProcess } from '../measure.mjs'
import { generateSite, page } from './site.mjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const cli = path.join(here, '../node_modules/sitedrive/bin/sitedrive.js')
const node = (script, ...args) => runProcess(process.execPath, [path.join(here, script), ...args])

/** @param work an empty folder @param pages of 8 kB, beside 100 images of 200 kB */
export function contestantsIn(work, pages) {
  const dir = path.join(work, 'site')
  const folder = (name) => path.join(work, name)
  const clear = (...names) => names.forEach((name) => rmSync(folder(name), { recursive: true, force: true }))
  const mirror = (mode) => node('with-mirror-drive.mjs', dir, folder(`mirror-${mode}`), mode)
  generateSite(dir, { pages, images: 100 })

  /** @param checks the others check nothing, so that is what is compared; by default a publish also tells of what is broken */
  function sitedrive(name, { site = dir, checks = 'off' } = {}) {
    mkdirSync(folder(`${name}-project`), { recursive: true })
    const args = [cli, 'publish', site, '--json', '--project', folder(`${name}-project`)]
    return runProcess(process.execPath, args, {
      SITEDRIVE_HOME: folder(`${name}-home`),
      SITEDRIVE_CHECKS: checks,
      CI: ''
    })
  }

  let edit = 0
  const editOnePage = () =>
    writeFileSync(path.join(dir, 'section-7/page-7/index.html'), page(7, 8000, `edit ${edit++}`))
  const ours = () => sitedrive('ours')
  const checked = () => sitedrive('checked', { checks: 'warn' })

  return {
    first: [
      { name: 'sitedrive', prepare: () => clear('ours-project', 'ours-home'), run: ours },
      {
        name: 'sitedrive, with checks',
        prepare: () => clear('checked-project', 'checked-home'),
        run: checked
      },
      {
        name: 'cp -r',
        prepare: () => clear('copy'),
        run: () => runProcess('cp', ['-r', dir, folder('copy')])
      },
      { name: 'mirror-drive, batch', prepare: () => clear('mirror-batch'), run: () => mirror('batch') },
      { name: 'mirror-drive, plain', prepare: () => clear('mirror-plain'), run: () => mirror('plain') },
      {
        name: 'drive.batch(), put by put',
        prepare: () => clear('batch'),
        run: () => node('with-drive-batch.mjs', dir, folder('batch'))
      }
    ],
    nothingChanged: [
      { name: 'sitedrive', run: ours },
      { name: 'sitedrive, with checks', run: checked },
      { name: 'bare walk in Node', run: () => node('bare-walk.mjs', dir) },
      { name: 'mirror-drive, batch', run: () => mirror('batch') },
      { name: 'mirror-drive, plain', run: () => mirror('plain') }
    ],
    onePageChanged: [
      { name: 'sitedrive', prepare: editOnePage, run: ours },
      { name: 'sitedrive, with checks', prepare: editOnePage, run: checked },
      { name: 'mirror-drive, batch', prepare: editOnePage, run: () => mirror('batch') },
      { name: 'mirror-drive, plain', prepare: editOnePage, run: () => mirror('plain') }
    ],

    /** A folder of a tenth of the pages gets another name. @returns what the publish says */
    renamed() {
      ours() // the other contestants' edits
      renameSync(path.join(dir, 'section-3'), path.join(dir, 'renamed'))
      return JSON.parse(ours().stdout)
    },

    /** A first publish of 100,000 files of 1 kB. @returns `ms` and `peakMb` */
    hundredThousandFiles() {
      const site = folder('many')
      generateSite(site, { pages: 100_000, pageBytes: 1000 })
      const run = sitedrive('many', { site })
      clear('many', 'many-home')
      return run
    },

    /** A first publish of one file of 3 GB. @returns `ms` and `peakMb` */
    threeGigabytes() {
      const site = folder('huge')
      mkdirSync(site)
      writeFileSync(path.join(site, 'index.html'), page(0, 1000))
      writeFileSync(path.join(site, 'video.bin'), '')
      truncateSync(path.join(site, 'video.bin'), 3_000_000_000)
      const run = sitedrive('huge', { site })
      clear('huge', 'huge-home')
      return run
    },

    /** Releases of a site of 1,000 pages, one page changed each. @returns bytes of the `store` on disk, and of the `cores` in it */
    manyReleases(releases) {
      mkdirSync(folder('releases'))
      return JSON.parse(node('many-releases.mjs', folder('releases'), String(releases)).stdout)
    }
  }
}
