// Builds of the examples with one page changed, with the plugin and without.
import { appendFileSync } from 'node:fs'
import path from 'node:path'
import { copyExample } from '../example-site.mjs'
import { runBare } from '../measure.mjs'

const EXAMPLES = [
  {
    generator: 'Eleventy',
    folder: 'eleventy-blog',
    page: 'src/posts/a-key-is-an-address.md',
    command: ['@11ty/eleventy/cmd.cjs', '--quiet']
  },
  {
    generator: 'Vite',
    folder: 'vite-site',
    page: 'src/notes/hearting.md',
    command: ['vite/bin/vite.js', 'build']
  }
]

/** @param work a folder for the sites @returns contestants, those with the plugin after those without it */
export function buildsOf(checkout, when, work) {
  return EXAMPLES.flatMap(({ generator, folder, page, command: [program, ...args] }) =>
    ['without', 'with'].map((kind) => {
      const source = path.join(checkout, 'examples', folder)
      const dir = path.join(work, `${folder} ${kind}${when}`)
      copyExample(source, dir, { withPlugin: kind === 'with' })
      const env = { SITEDRIVE_HOME: path.join(dir, 'home'), CI: '', NODE_ENV: '' }
      const run = () => runBare([path.join(source, 'node_modules', program), ...args], env, dir)
      run()
      return {
        name: `${generator} ${kind} the plugin, one page changed${when}`,
        prepare: () => appendFileSync(path.join(dir, page), '\nMore.\n'),
        run
      }
    })
  )
}
