// `node scripts/make-pictures.mjs`: the pictures of README.md, made from the running product: examples/eleventy-blog is published, edited,
// and looked at in a real Chromium, light and dark. Needs what `npm run build` makes, and Chromium (`CHROMIUM` names another one).
import { spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { root } from './setup.mjs'

const require = createRequire(path.join(root, 'packages/testing/package.json'))
const { chromium } = require('playwright-core')

const EXAMPLE = path.join(root, 'examples/eleventy-blog')
const PICTURES = path.join(root, 'docs/pictures')
/** What GitHub shows of a picture, and the sharpness. CSS pixels. */
const SIZE = { width: 1140, height: 700 }
const PHONE = { width: 320, height: 600 }
const QUALITY = 72
/** A build or a page may take as long on a busy machine. Milliseconds. */
const DEADLINE_MS = 180_000

const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-pictures-'))
const project = path.join(work, 'blog')
const POST = path.join(project, 'src/posts/when-the-laptop-is-closed.md')
const env = {
  ...process.env,
  SITEDRIVE_HOME: path.join(work, 'home'),
  CI: '',
  SITEDRIVE_SECRET: '',
  SITEDRIVE_PUBLISH: '1',
  // Nobody is there: nothing leaves this machine.
  SITEDRIVE_BOOTSTRAP: '127.0.0.1:1'
}
let dev = null
let browser = null

try {
  copyExample()
  build()
  edit()
  const { preview, review } = await startDev()
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--hide-scrollbars']
  })
  mkdirSync(PICTURES, { recursive: true })
  for (const colorScheme of ['light', 'dark']) {
    await pictureOfReview(review, colorScheme)
    await pictureOfPreview(preview, colorScheme)
  }
} finally {
  await browser?.close()
  if (dev) {
    dev.kill('SIGTERM')
    await new Promise((resolve) => dev.once('exit', resolve))
  }
  rmSync(work, { recursive: true, force: true, maxRetries: 5 })
}

function copyExample() {
  const isMade = (file) => /[/\\](node_modules|_site|sitedrive\.json)$/.test(file)
  cpSync(EXAMPLE, project, { recursive: true, filter: (file) => !isMade(file) })
  symlinkSync(path.join(EXAMPLE, 'node_modules'), path.join(project, 'node_modules'), 'junction')
}

function build() {
  const { status } = spawnSync('npx', ['@11ty/eleventy'], { cwd: project, env, stdio: 'inherit' })
  if (status !== 0) throw new Error('The example could not be built.')
}

/** An evening's work: a sentence was changed, a paragraph is new, and on another page a link is wrong. */
function edit() {
  const before = readFileSync(POST, 'utf8')
  const after = before
    .replace('from a machine that is asleep.', 'from a machine that is asleep, and none has to.')
    .replace(
      'So somebody has to',
      'A seed is any machine that stays up: a server, or an old laptop on a shelf.\n\nSo somebody has to'
    )
  if (after.length < before.length + 90)
    throw new Error(`${POST} reads otherwise now: mend the edits in this script.`)
  writeFileSync(POST, after)
  appendFileSync(path.join(project, 'src/about.md'), '\nThe posts are in [the archive](/archiv/).\n')
}

/** Starts Eleventy's dev server. @returns where the preview and the review page are */
function startDev() {
  dev = spawn(
    process.execPath,
    [path.join(project, 'node_modules/@11ty/eleventy/cmd.cjs'), '--serve', '--port=0'],
    {
      cwd: project,
      env,
      stdio: ['ignore', 'pipe', 'pipe']
    }
  )
  let printed = ''
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`No preview after ${DEADLINE_MS / 1000} s:\n${printed}`)),
      DEADLINE_MS
    )
    dev.once('exit', () => reject(new Error(`The dev server ended:\n${printed}`)))
    for (const stream of [dev.stdout, dev.stderr]) {
      stream.on('data', (data) => {
        printed += data
        const preview = /Live preview: (\S+)/.exec(printed)?.[1]
        const review = /Review and publish: (\S+)/.exec(printed)?.[1]
        if (!preview || !review) return
        clearTimeout(late)
        resolve({ preview, review })
      })
    }
  })
}

async function pictureOfReview(url, colorScheme) {
  const page = await openPage(SIZE, colorScheme)
  await page.goto(url)
  await page.locator('.list').waitFor()
  await page.getByText('When the laptop is closed').first().click()
  await page.getByText('and none has to').first().waitFor()
  await page.mouse.move(0, 0)
  await save(page, `review-${colorScheme}`)
}

/** The same page on a desk and on a phone, as one picture. */
async function pictureOfPreview(url, colorScheme) {
  const address = new URL('/posts/when-the-laptop-is-closed/', url).href
  const looks = []
  for (const size of [{ width: 900, height: PHONE.height }, PHONE]) {
    const page = await openPage(size, colorScheme)
    await page.goto(address)
    await page.getByText('and none has to').first().waitFor()
    await page.evaluate(() => document.fonts.ready)
    looks.push((await page.screenshot()).toString('base64'))
    await page.context().close()
  }
  const [desk, phone] = looks.map((look) => `data:image/png;base64,${look}`)
  const [back, line] = colorScheme === 'dark' ? ['#0d1117', '#3d444d'] : ['#ffffff', '#d1d9e0']
  const page = await openPage(SIZE, colorScheme)
  await page.setContent(
    `<body style="margin:0;background:${back};height:${SIZE.height}px;position:relative">
<img src="${desk}" style="position:absolute;left:20px;top:20px;border:1px solid ${line};border-radius:8px">
<img src="${phone}" style="position:absolute;right:20px;bottom:20px;border:8px solid ${line};border-radius:28px">`
  )
  await save(page, `preview-${colorScheme}`)
}

async function openPage(viewport, colorScheme) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
  context.setDefaultTimeout(DEADLINE_MS)
  return context.newPage()
}

/** Saves as WebP, which Playwright cannot. */
async function save(page, name) {
  await page.evaluate(() => document.fonts.ready)
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY })
  const bytes = Buffer.from(data, 'base64')
  writeFileSync(path.join(PICTURES, `${name}.webp`), bytes)
  console.log(`docs/pictures/${name}.webp  ${Math.round(bytes.length / 1000)} kB`)
  await page.context().close()
}
