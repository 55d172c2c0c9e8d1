import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommandLine } from '@sitedrive/terminal'
import {
  cleanEnvironment,
  readFolder,
  readProjectSite,
  runCommand,
  runToSuccess,
  startCommand,
  temporaryFolder,
  writeFiles,
  type Command,
  type Contents,
  type Finished,
  type IntegrationDriver,
  type PublishedSite,
  type Running
} from '@sitedrive/testing'
import { jekyllBridge } from '../../src/bridge-program.js'

export const packageDir = fileURLToPath(new URL('../..', import.meta.url))
export const bridge = path.join(packageDir, 'dist/bridge-main.js')

/** For `describe.skipIf(!hasJekyll)`. Under CI `npm test` does not start without it. */
export const hasJekyll = spawnSync('jekyll', ['--version'], { stdio: 'ignore' }).status === 0

/** A network where nobody is. */
export const NOWHERE = '127.0.0.1:9'

export const bridgeCommand = (...args: string[]): Command => ({
  command: process.execPath,
  args: [bridge, ...args]
})

/** Lines that the bridge said beside Jekyll's, without their topic; warnings and errors are told apart. */
export function linesOf({ output }: Pick<Finished, 'output'>): string[] {
  return found(output, /^ +Sitedrive: (.*)$/gm)
}

export function warningsOf({ output }: Pick<Finished, 'output'>): string[] {
  return found(output, /^ +Sitedrive warning: (.*)$/gm)
}

export function errorsOf({ output }: Pick<Finished, 'output'>): string[] {
  return found(output, /^ +Sitedrive error: (.*)$/gm)
}

function found(output: string, pattern: RegExp): string[] {
  return [...output.matchAll(pattern)].map(([, line = '']) => line)
}

const LAYOUT = '<!doctype html>\n<title>{{ page.title }}</title>\n{{ content }}'

/** For the suite that every integration must pass. */
export const jekyllDriver = {
  create(projectDir, { withIntegration }) {
    const command = withIntegration
      ? `exec '${process.execPath}' '${bridge}' build`
      : 'JEKYLL_ENV=production exec jekyll build'
    writeFiles(projectDir, {
      // A dot file, which Jekyll leaves out of the site.
      '.build.sh': `${command}\n`,
      '_config.yml': 'title: A site\n',
      '_layouts/page.html': LAYOUT
    })
  },
  writePage(projectDir, name, text) {
    writeFiles(projectDir, { [`${name}.md`]: `---\nlayout: page\n---\n${text}\n` })
  },
  deletePage(projectDir, name) {
    rmSync(path.join(projectDir, `${name}.md`))
  },
  breakBuild(projectDir) {
    writeFiles(projectDir, { 'broken.html': '---\n---\n{% nonsense %}' })
  },
  build: { command: 'sh', args: ['.build.sh'] },
  outputDir: (projectDir) => path.join(projectDir, '_site'),
  linesOf,
  watch: {
    command: bridgeCommand('serve'),
    builtMark: 'done in',
    fileOf: (name) => `/${name}.html`,
    mendBuild: (projectDir) => rmSync(path.join(projectDir, 'broken.html'))
  }
} satisfies IntegrationDriver

/** A project in a temporary folder with a data directory of its own. */
export class JekyllProject {
  readonly dir = temporaryFolder()
  readonly home = temporaryFolder()

  constructor(files: Record<string, string | Uint8Array> = {}) {
    this.write({ '_config.yml': 'title: A site\n', '_layouts/page.html': LAYOUT, ...files })
  }

  write(files: Record<string, string | Uint8Array>): void {
    writeFiles(this.dir, files)
  }

  read(name: string): string {
    return readFileSync(path.join(this.dir, name), 'utf8')
  }

  remove(name: string): void {
    rmSync(path.join(this.dir, name))
  }

  /** The bridge, to its end, which may be a failure. */
  run(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
    return runCommand(bridgeCommand(...args), this.options(env))
  }

  /** The bridge inside this process: for what ends before Jekyll is started. */
  async call(args: readonly string[]): Promise<Pick<Finished, 'exitCode' | 'stdout' | 'stderr' | 'output'>> {
    const written = { stdout: '', stderr: '', output: '' }
    const stream = (name: 'stdout' | 'stderr') => ({
      write(text: string | Uint8Array) {
        written[name] += String(text)
        written.output += String(text)
        return true
      }
    })
    const { cwd, env } = this.options({})
    const streams = { stdout: stream('stdout'), stderr: stream('stderr') }
    return { exitCode: await runCommandLine(jekyllBridge, args, env, { cwd, ...streams }), ...written }
  }

  /** The bridge as another program starts it, to its end. @param starter program and words; those of the bridge follow */
  runBy([command = '', ...words]: readonly string[], args: readonly string[]): Promise<Finished> {
    const bridge = bridgeCommand(...args)
    return runCommand({ command, args: [...words, bridge.command, ...bridge.args] }, this.options({}))
  }

  start(args: readonly string[], env: Record<string, string> = {}): Running {
    return startCommand(bridgeCommand(...args), { ...this.options(env), deadlineMs: 100_000 })
  }

  /** A build that ends well. */
  build(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Finished> {
    return runToSuccess(bridgeCommand('build', ...args), this.options(env))
  }

  output(dir = '_site'): Contents {
    return readFolder(path.join(this.dir, dir))
  }

  /** What readers see; null when nothing was published. */
  published(): Promise<PublishedSite | null> {
    return readProjectSite(this.home, this.dir)
  }

  private options(env: Record<string, string>): { cwd: string; env: NodeJS.ProcessEnv } {
    const variables = { SITEDRIVE_HOME: this.home, SITEDRIVE_BOOTSTRAP: NOWHERE, ...env }
    return { cwd: this.dir, env: cleanEnvironment(variables) }
  }
}
