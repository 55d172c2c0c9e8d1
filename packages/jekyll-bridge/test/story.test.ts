import { execFileSync, spawnSync } from 'node:child_process'
import { get } from 'node:https'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import {
  cleanEnvironment,
  hasBrowser,
  openBrowser,
  runToSuccess,
  runCommand,
  showBytes,
  startCommand,
  temporaryFolder,
  until
} from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { hasJekyll, JekyllProject, linesOf } from './support/jekyll-project.js'
import { startViewer } from './support/preview-viewer.js'
import { ServeRun } from './support/serve-run.js'
import { sitedriveCommand } from './support/sitedrive-command.js'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

const POST = '---\nlayout: page\ntitle: A post\n---\nFirst words.\n'

test.skipIf(!hasJekyll || !hasBrowser || !hasOpenssl)(
  'Jekyll watches, a reader sees each edit live, the review lists it, one build publishes all, and seed and HTTPS mirror have it',
  { timeout: 120_000 },
  async () => {
    const project = new JekyllProject({
      'index.md': '---\nlayout: page\n---\n{{ site.sitedrive.url }}\n',
      '_posts/2026-01-02-a-post.md': POST
    })
    const env = { SITEDRIVE_HOME: project.home, SITEDRIVE_BOOTSTRAP: '' } // the network of the local peer
    const options = { cwd: project.dir, env: cleanEnvironment(env) }
    const { cert, key: certKey } = certificate()
    const peer = startCommand(
      sitedriveCommand('peer', '--local', '--json', '--cert', cert, '--key', certKey),
      { ...options, deadlineMs: 110_000 }
    )
    const seed = await until(() => readyLine(peer.output()), { describe: peer.output })
    await runToSuccess(sitedriveCommand('init', '--seed', seed.key), options)

    // Jekyll's watch mode, with a reader on another machine.
    const run = await ServeRun.start(project, [], env)
    const shown = await startViewer(run.link, seed.bootstrap)
    const page = await (await openBrowser()).newPage()
    const post = new URL('/2026/01/02/a-post.html', shown).href
    await until(async () => (await fetch(post)).status === 200, { describe: () => run.output() })
    await page.goto(post)
    await page.evaluate('window.isSame = true')
    project.write({ '_posts/2026-01-02-a-post.md': POST.replace('First', 'Better') })
    await until(async () => (await page.locator('body').textContent())?.includes('Better words.'))
    expect(await page.evaluate('window.isSame')).toBe(true)

    const review = await runCommand(sitedriveCommand('review', '_site'), options)
    expect(review.exitCode).toBe(3)
    expect(review.stdout).toContain('/2026/01/02/a-post.html')

    // What publish all runs, beside the Jekyll that goes on watching.
    const build = await project.build([], env)
    expect(linesOf(build)).toContainEqual(expect.stringContaining('1 of 1 seed holds release 1'))
    const site = await project.published()
    expect(site?.files['/index.html']).toContain(`hyper://${site?.key}/`)
    expect(site?.files['/2026/01/02/a-post.html']).toContain('Better words.')
    for (const [file, content] of Object.entries(site?.files ?? {})) {
      const host = `${site?.key}.localhost`
      const answer = await until(() => ask(seed.url, host, file), { describe: peer.output })
      expect({ file, ...answer }).toEqual({ file, status: 200, body: content })
    }

    project.write({ '_posts/2026-01-02-a-post.md': POST.replace('First', 'Later') })
    await until(async () => (await page.locator('body').textContent())?.includes('Later words.'))
    expect(await project.published()).toEqual(site)
  }
)

interface Ready {
  key: string
  url: string
  bootstrap: string
}

function readyLine(output: string): Ready | null {
  const line = output.split('\n').find((each) => each.startsWith('{'))
  return line === undefined ? null : (JSON.parse(line) as Ready)
}

function certificate(): { cert: string; key: string } {
  const dir = temporaryFolder()
  const [cert, key] = [path.join(dir, 'cert.pem'), path.join(dir, 'key.pem')]
  const request =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost'
  execFileSync('openssl', [...request.split(' '), '-out', cert, '-keyout', key], { stdio: 'ignore' })
  return { cert, key }
}

/** Asks the mirror over HTTPS. @returns null while it does not show the site */
function ask(url: string, host: string, file: string): Promise<{ status: number; body: string } | null> {
  const { port } = new URL(url)
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: encodeURI(file), headers: { host }, servername: host }
    get({ ...options, rejectUnauthorized: false, agent: false }, (answer) => {
      const status = answer.statusCode ?? 0
      buffer(answer).then(
        (body) => resolve(status === 200 ? { status, body: showBytes(body) } : null),
        () => resolve(null)
      )
    }).on('error', () => resolve(null))
  })
}
