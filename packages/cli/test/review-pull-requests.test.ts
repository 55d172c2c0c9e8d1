import { chmodSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import {
  cleanEnvironment,
  runCommand,
  temporaryFolder,
  until,
  writeFiles,
  type Finished
} from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { MAIN, Workbench } from './support/workbench.js'

const DOC = readFileSync(new URL('../../../docs/review-pull-requests.md', import.meta.url), 'utf8')

/** What a step of the workflow runs. */
function step(name: string): string {
  const [, rest = ''] = DOC.split(`- name: ${name}\n`)
  const lines = (/ {8}run: \|\n((?: {10}.*\n|\n)+)/.exec(rest)?.[1] ?? '').split('\n')
  const script = lines.map((line) => line.slice(10)).join('\n')
  if (script.trim() === '') throw new Error(`the recipe has no step \`${name}\``)
  return script
}

/** The shell block that follows a heading. */
function block(heading: string): string {
  return /```sh\n([^`]+)```/.exec(DOC.split(`## ${heading}\n`)[1] ?? '')?.[1] ?? ''
}

/** A folder as a job sees it, with the commands that a runner has. */
class Job {
  readonly dir = temporaryFolder()
  private readonly bin = temporaryFolder()
  private readonly env: Record<string, string>

  constructor(env: Record<string, string> = {}) {
    writeFiles(this.bin, {
      npx: `#!/bin/sh\nshift\nexec "${process.execPath}" "${MAIN}" "$@"\n`,
      // A build that copies; of it, nothing else matters here.
      npm: '#!/bin/sh\n[ "$1" = ci ] || cp -R src dist\n'
    })
    for (const name of ['npx', 'npm']) chmodSync(path.join(this.bin, name), 0o755)
    this.env = {
      SITEDRIVE_HOME: path.join(temporaryFolder(), 'home'),
      GITHUB_STEP_SUMMARY: path.join(this.dir, 'summary.md'),
      ...env
    }
  }

  write(files: Record<string, string>): void {
    writeFiles(this.dir, files)
  }

  read(name: string): string {
    return readFileSync(path.join(this.dir, name), 'utf8')
  }

  /** Runs a step as a runner does, which ends at the first command that fails. */
  run(script: string, env: Record<string, string> = {}): Promise<Finished> {
    const PATH = `${this.bin}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`
    const own = cleanEnvironment({ ...this.env, ...env, PATH })
    return runCommand(
      { command: 'bash', args: ['-e', '-o', 'pipefail', '-c', script] },
      { cwd: this.dir, env: own }
    )
  }
}

const PAGE = '<!doctype html><title>Home</title><a href="/about.html">About</a>'
const BASE = { 'base/src/index.html': PAGE, 'base/src/about.html': '<!doctype html><title>About</title>' }
const NOW = {
  'now/src/index.html': PAGE,
  'now/src/new.html': '<!doctype html><title>&lt;/details>```@all</title><a href="/nowhere.html">x</a>'
}

/** Asks a peer on this machine by a host name that Node.js could not resolve. */
function ask(url: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: new URL(url).port, headers: { host }, agent: false }, (answer) => {
      text(answer).then(resolve, reject)
    }).on('error', reject)
  })
}

describe('the recipe for pull requests', { tags: 'long', timeout: 180_000 }, () => {
  test('comments with what changes for readers, as one block that nothing in it can end', async () => {
    const job = new Job({ CI: 'true', SITEDRIVE_PUBLISH: '0' })
    job.write({ ...BASE, ...NOW })
    for (const name of ['Build both', 'Review', 'Write the comment'])
      expect(await job.run(step(name))).toMatchObject({ exitCode: 0 })
    const comment = job.read('comment.md')
    expect(comment).toContain('new.html:1: The link `/nowhere.html` leads nowhere.')
    expect(comment).toContain('Removed: 1 page')
    const [said, empty, ...lines] = comment.trimEnd().split('\n')
    expect([said, empty]).toEqual(['What this pull request changes for readers:', ''])
    expect(lines.filter((line) => !line.startsWith('    '))).toEqual([])
    expect(job.read('summary.md')).toBe(comment)
  })

  test('goes on when nothing changes, and fails when there is no build to look at', async () => {
    const job = new Job({ CI: 'true' })
    job.write({ ...BASE, 'now/src/index.html': PAGE, 'now/src/about.html': BASE['base/src/about.html'] })
    await job.run(step('Build both'))
    expect(await job.run(step('Review'))).toMatchObject({
      exitCode: 0,
      stdout: 'No change against `../base/dist`.\n'
    })
    await job.run('rm -r now/dist')
    expect((await job.run(step('Review'))).exitCode).toBe(1)
  })

  test('has an address at which the peer shows that very build', async () => {
    const author = new Job()
    const operator = new Workbench()
    await author.run('mkdir .preview && npx sitedrive --project .preview init')
    const shown = await author.run('npx sitedrive --json --project .preview key show')
    const { publisherKey } = JSON.parse(shown.stdout) as { publisherKey: string }
    const peer = operator.start(['--json', 'peer', '--local', '--trust', publisherKey])
    await until(() => peer.stdout().includes('\n'), { describe: peer.stderr })
    const { key, url, bootstrap } = JSON.parse(peer.stdout()) as {
      key: string
      url: string
      bootstrap: string
    }

    author.write({ 'dist/index.html': 'of the author' })
    const network = { SITEDRIVE_BOOTSTRAP: bootstrap }
    const setUp = await author.run(
      block('The address of the pages').replace('mkdir .preview', '').replace('<peer key>', key),
      network
    )
    expect(setUp).toMatchObject({ exitCode: 0 })
    const [, secret = ''] = /SITEDRIVE_SECRET=(\S+)/.exec(setUp.stdout) ?? []

    const ci = new Job({ CI: 'true', ...network, SITEDRIVE_SECRET: secret, PREVIEW_DOMAIN: 'localhost' })
    ci.write({
      '.preview/sitedrive.json': author.read('.preview/sitedrive.json'),
      'reviewed/comment.md': 'Review\n',
      'reviewed/now/dist/index.html': 'of the pull request'
    })
    expect(await ci.run(step('Publish the preview'))).toMatchObject({ exitCode: 0 })
    const comment = ci.read('reviewed/comment.md')
    const [, host = '', site] =
      /\nPreview of this pull request: https:\/\/(r2-([^/.]+)[^/]+)\/\n/.exec(comment) ?? []
    expect(comment).toContain(`\nFrom peers: hyper://${site}/ (release 2, `)
    await until(async () => (await ask(url, host)) === 'of the pull request')
  })
})
