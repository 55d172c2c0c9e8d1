// `npm run docs`: builds the docs into docs/_site and publishes nothing.
//   --serve    shows them, and builds again whenever a page is saved
//   --publish  makes them a release of the site whose key docs/sitedrive.json has; without that file, of a new one
import { parseArgs } from 'node:util'
import path from 'node:path'
import { root, run, setup } from './setup.mjs'

const { values: options } = parseArgs({
  options: { serve: { type: 'boolean', default: false }, publish: { type: 'boolean', default: false } }
})

setup()
run('npx', ['@11ty/eleventy', ...(options.serve ? ['--serve'] : [])], {
  cwd: path.join(root, 'docs'),
  env: options.publish ? {} : { SITEDRIVE_PUBLISH: '0' }
})
