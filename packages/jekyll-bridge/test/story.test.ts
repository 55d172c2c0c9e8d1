import { execFileSync, spawnSync } from 'node:child_process'
import { get } from 'node:https'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import {
  cleanEnvironment,
  hasBrowser,
  openBrowser,
  runToSuccess,
  showBytes,
  startCommand,
  temporaryFolder,
  until
} from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { hasJekyll, JekyllProject } from './support/jekyll-project.js'
import { startViewer } from './support/preview-viewer.js'
import { ServeRun } from './support/serve-run.js'
import { sitedriveCommand } from './support/sitedrive-command.js'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

const POST_FILE = '_posts/2026-01-02-a-post.md'
const POST_URL = '/2026/01/02/a-post.html'
const POST = '---\nlayout: page\ntitle: A post\n---\nFirst words.\n'

test.skipIf(!hasJekyll || !hasBrowser || !hasOpenssl)(
  'Jekyll watches, a reader sees an edit live, the author reviews it and publishes all, and seed and HTTPS mirror have what was built for production',
  { tags: 'long', timeout: 180_000 },
  async () => {
    const project = new JekyllProject({
      'index.md': '---\nlayout: page\n---\n{{ jekyll.environment }} {{ site.sitedrive.url }}\n',
      '_posts/2026-01-02-a-post.md': POST,
      '_drafts/idea.md': POST.replace('A post', 'An idea')
    })
    const env = { SITEDRIVE_HOME: project.home, SITEDRIVE_BOOTSTRAP: '' } // the network of the local peer
    const options = { cwd: project.dir, env: cleanEnvironment(env) }
    const { cert, key: certKey } = certificate()
    const peer = startCommand(
      sitedriveCommand('peer', '--local', '--json', '--cert', cert, '--key', certKey),
      { ...options, deadlineMs: 170_000 }
    )
    const seed = await until(() => jsonLine<Seed>(peer.output()), { describe: peer.output })
    await runToSuccess(sitedriveCommand('init', '--seed', seed.key), options)

    // Jekyll's watch mode with drafts, and a reader on another machine.
    const run = await ServeRun.start(project, ['--json', '--drafts'], env)
    const { link, reviewUrl } = await until(() => jsonLine<Served>(run.output()))
    const shown = await startViewer(link, seed.bootstrap)
    const browser = await openBrowser()
    const page = await browser.newPage()
    const post = new URL(POST_URL, shown).href
    await until(async () => (await fetch(post)).status === 200, { describe: () => run.output() })
    await page.goto(post)
    await page.evaluate('window.isSame = true')

    // What publish all runs is this very bridge, beside the Jekyll that goes on watching.
    const review = await browser.newPage()
    await review.goto(reviewUrl)
    await review.getByRole('heading', { name: 'The first publish' }).waitFor()
    const publish = async (release: number): Promise<void> => {
      await review.keyboard.press('p')
      await review.getByRole('dialog').getByText('jekyll-bridge.js build').waitFor()
      await review.keyboard.press('Enter')
      await review
        .getByRole('heading', { name: `Release ${release} is published` })
        .waitFor({ timeout: 180_000 })
      await review.getByText('holds it, after').waitFor()
      await review.keyboard.press('Escape')
    }
    await publish(1)

    project.write({ [POST_FILE]: POST.replace('First', 'Better') })
    await until(async () => (await page.locator('body').textContent())?.includes('Better words.'))
    expect(await page.evaluate('window.isSame')).toBe(true)
    await review.locator('.row', { hasText: POST_URL }).click()
    const added = review.locator('.prose ins')
    await added.first().waitFor()
    expect((await added.allTextContents()).join(' ')).toContain('Better')
    await review.getByText(POST_FILE).waitFor()
    await publish(2)

    const site = await project.published()
    expect(site?.record.release).toBe(2)
    expect(Object.keys(site?.files ?? {}).toSorted()).toEqual([POST_URL, '/index.html'])
    expect(site?.files['/index.html']).toContain(`production hyper://${site?.key}/`)
    expect(site?.files[POST_URL]).toContain('Better words.')
    for (const [file, content] of Object.entries(site?.files ?? {})) {
      const host = `${site?.key}.localhost`
      const answer = await until(() => ask(seed.url, host, file, content), { describe: peer.output })
      expect({ file, ...answer }).toEqual({ file, status: 200, body: content })
    }

    project.write({ [POST_FILE]: POST.replace('First', 'Later') })
    await until(async () => (await page.locator('body').textContent())?.includes('Later words.'))
    expect(await page.evaluate('window.isSame')).toBe(true)
    expect(await project.published()).toEqual(site)
  }
)

interface Seed {
  key: string
  url: string
  bootstrap: string
}

/** What `serve --json` says. */
interface Served {
  link: string
  reviewUrl: string
}

function jsonLine<T>(output: string): T | null {
  const line = output.split('\n').find((each) => each.startsWith('{'))
  return line === undefined ? null : (JSON.parse(line) as T)
}

function certificate(): { cert: string; key: string } {
  const dir = temporaryFolder()
  const [cert, key] = [path.join(dir, 'cert.pem'), path.join(dir, 'key.pem')]
  const request =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost'
  execFileSync('openssl', [...request.split(' '), '-out', cert, '-keyout', key], { stdio: 'ignore' })
  return { cert, key }
}

/** Asks the mirror over HTTPS. @returns null while it does not show this content */
function ask(
  url: string,
  host: string,
  file: string,
  content: string
): Promise<{ status: number; body: string } | null> {
  const { port } = new URL(url)
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: encodeURI(file), headers: { host }, servername: host }
    get({ ...options, rejectUnauthorized: false, agent: false }, (answer) => {
      const status = answer.statusCode ?? 0
      buffer(answer).then(
        (body) => resolve(showBytes(body) === content ? { status, body: content } : null),
        () => resolve(null)
      )
    }).on('error', () => resolve(null))
  })
}
