// The example sites as their generators write them, with some references broken on purpose.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const examples = fileURLToPath(new URL('../../examples', import.meta.url))

const BUILDS = [
  { name: 'eleventy-blog', command: (out) => ['node_modules/.bin/eleventy', `--output=${out}`, '--quiet'] },
  {
    name: 'vite-site',
    command: (out) => ['node_modules/.bin/vite', 'build', '--outDir', out, '--logLevel', 'warn']
  },
  { name: 'jekyll-blog', command: (out) => ['jekyll', 'build', '-d', out, '--disable-disk-cache', '--quiet'] }
]

/** Builds the examples into a folder. Those whose generator this machine lacks are left out, with a word. */
export function buildExamples(work) {
  return BUILDS.flatMap(({ name, command }) => {
    const dir = path.join(work, name)
    const [program, ...args] = command(dir)
    const { status, error, stderr } = spawnSync(program, args, {
      cwd: path.join(examples, name),
      encoding: 'utf8',
      env: {
        ...process.env,
        SITEDRIVE_PUBLISH: '0',
        JEKYLL_NO_BUNDLER_REQUIRE: 'true',
        JEKYLL_ENV: 'production'
      }
    })
    if (status === 0 && existsSync(dir)) return [{ name, dir }]
    console.log(`${name} is left out: ${error?.message ?? stderr.trim()}`)
    return []
  })
}

// Each of a kind of its own; all on the front page, which every crawler sees.
const BROKEN = `
<a href="/no-such-page/">1</a> <a href="no-such-relative/">2</a> <a href="./deeper/../no-such-parent">3</a>
<a href="/no%20such%20spaces/?query=1#fragment">4</a> <img src="/no-such-picture.png" alt="">
<img src="/favicon.svg" srcset="/no-such-2x.png 2x, /no-such-3x.png 3x" alt="">
<video poster="/no-such-poster.jpg" src="/no-such-video.mp4"></video> <iframe src="/no-such-frame.html"></iframe>
<script src="/no-such-script.js"></script> <link rel="stylesheet" href="/no-such-style.css">
<p style="background: url(/no-such-inline.png)"></p> <a href="/INDEX.HTML">5</a> <a href="#no-such-anchor">6</a>
<style>p { background: url('/no-such-background.png') }</style>
`

/** Adds references to nothing, and takes away a page that others link to. */
export function breakSite(dir) {
  const index = path.join(dir, 'index.html')
  writeFileSync(
    index,
    readFileSync(index, 'utf8').replace(/<\/body>|$/, (end) => BROKEN + end)
  )
  const about = ['about/index.html', 'about.html']
    .map((name) => path.join(dir, name))
    .find((file) => existsSync(file))
  if (about) rmSync(about)
}
