import { realpathSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  cleanEnvironment,
  linkPackages,
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

export const packageDir = fileURLToPath(new URL('../..', import.meta.url))

/** Where a package lies that this one depends on. */
export function packageFolder(name: string): string {
  return realpathSync(path.join(packageDir, 'node_modules', name))
}

export const eleventyCommand = (...args: string[]): Command => ({
  command: process.execPath,
  args: [path.join(packageFolder('@11ty/eleventy'), 'cmd.cjs'), ...args]
})

/** Lets a folder import the plugin and Eleventy by name, and makes it a project of ES modules. */
export function makeProject(dir: string, packages: readonly string[] = []): void {
  writeFiles(dir, { 'package.json': '{ "private": true, "type": "module" }' })
  linkPackages(dir, {
    '@sitedrive/eleventy-plugin': packageDir,
    ...Object.fromEntries(['@11ty/eleventy', ...packages].map((name) => [name, packageFolder(name)]))
  })
}

/** An Eleventy config whose function has these lines. */
export function config(lines: string, imports = ''): string {
  return `import sitedrive from '@sitedrive/eleventy-plugin'
${imports}
export default function (eleventyConfig) {
${lines}
}
`
}

/** Lines that the plugin said, in order; the bare link is one of them. */
export function linesOf({ output }: Pick<Finished, 'output'>): string[] {
  return output.split('\n').filter((line) => line.startsWith('[sitedrive] ') || line.startsWith('hyper://'))
}

/** For the suite that every integration must pass. */
export const eleventyDriver = {
  create(projectDir, { withIntegration }) {
    makeProject(projectDir)
    writeFiles(projectDir, {
      'eleventy.config.js': config(withIntegration ? '  eleventyConfig.addPlugin(sitedrive)' : ''),
      '_includes/page.njk': '<!doctype html>\n<title>A page</title>\n{{ content | safe }}'
    })
  },
  writePage(projectDir, name, text) {
    writeFiles(projectDir, { [`${name}.md`]: `---\nlayout: page.njk\n---\n${text}\n` })
  },
  deletePage(projectDir, name) {
    rmSync(path.join(projectDir, `${name}.md`))
    rmSync(path.join(projectDir, '_site', name), { recursive: true })
  },
  breakBuild(projectDir) {
    writeFiles(projectDir, { 'broken.njk': '{% nonsense %}' })
  },
  build: eleventyCommand(),
  outputDir: (projectDir) => path.join(projectDir, '_site'),
  linesOf,
  watch: {
    command: eleventyCommand('--watch'),
    builtMark: 'Watching…',
    fileOf: (name) => `/${name}/index.html`,
    mendBuild: (projectDir) => rmSync(path.join(projectDir, 'broken.njk'))
  }
} satisfies IntegrationDriver

/** A project in a temporary folder with a data directory of its own. */
export class EleventyProject {
  readonly dir = temporaryFolder()
  readonly home = temporaryFolder()

  /** @param packages what the project needs beside Eleventy and the plugin */
  constructor(files: Record<string, string | Uint8Array>, packages: readonly string[] = []) {
    makeProject(this.dir, packages)
    this.write({ 'eleventy.config.js': config('  eleventyConfig.addPlugin(sitedrive)'), ...files })
  }

  write(files: Record<string, string | Uint8Array>): void {
    writeFiles(this.dir, files)
  }

  /** A build that may fail. */
  run(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Finished> {
    return runCommand(eleventyCommand(...args), this.options(env))
  }

  start(args: readonly string[] = [], env: Record<string, string> = {}): Running {
    return startCommand(eleventyCommand(...args), this.options(env))
  }

  /** A build that ends well. */
  build(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Finished> {
    return runToSuccess(eleventyCommand(...args), this.options(env))
  }

  /** A command of the command line that ends well. */
  sitedrive(...args: string[]): Promise<Finished> {
    const program = path.join(packageDir, '../cli/bin/sitedrive.js')
    return runToSuccess({ command: process.execPath, args: [program, ...args] }, this.options({}))
  }

  output(dir = '_site'): Contents {
    return readFolder(path.join(this.dir, dir))
  }

  /** What readers see; null when nothing was published. */
  published(): Promise<PublishedSite | null> {
    return readProjectSite(this.home, this.dir)
  }

  private options(env: Record<string, string>): { cwd: string; env: NodeJS.ProcessEnv } {
    return {
      cwd: this.dir,
      // A network of nobody: no test speaks to the public one.
      env: cleanEnvironment({ SITEDRIVE_HOME: this.home, SITEDRIVE_BOOTSTRAP: '127.0.0.1:9', ...env })
    }
  }
}
