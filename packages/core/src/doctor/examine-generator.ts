import { readdirSync } from 'node:fs'
import path from 'node:path'
import { readIfThere } from '../disk/durable-file.js'

/** A plugin of ours that a project has as a dependency. */
export interface PluginFacts {
  /** The name of its package. */
  plugin: string
  /** The generator's configs that are there, relative to the project folder. */
  configs: string[]
  /** One of them has the name of the package in its text. It may be in a comment, or in a branch that does not run. */
  isNamed: boolean
}

const NAMES: Readonly<Record<string, RegExp>> = {
  '@sitedrive/eleventy-plugin': /^(\.eleventy|eleventy\.config)\.[cm]?[jt]s$/,
  '@sitedrive/vite-plugin': /^(vite|astro|svelte|nuxt|react-router)\.config\.[cm]?[jt]s$/
}

/** VitePress has its config in a folder, which may lie in the folder of the pages. */
const VITEPRESS = ['.vitepress', 'docs/.vitepress']

/** Looks for the plugins of ours that a project depends on in the text of its generator's config. Runs nothing of it. */
export function examineGenerator(projectDir: string): PluginFacts[] {
  const dependencies = dependenciesOf(projectDir)
  return Object.entries(NAMES)
    .filter(([plugin]) => dependencies.has(plugin))
    .map(([plugin, pattern]) => {
      const configs = namesIn(projectDir).filter((name) => pattern.test(name))
      if (plugin === '@sitedrive/vite-plugin') configs.push(...vitePressConfigs(projectDir))
      const isNamed = configs.some((name) => textOf(path.join(projectDir, name)).includes(plugin))
      return { plugin, configs, isNamed }
    })
}

function vitePressConfigs(projectDir: string): string[] {
  return VITEPRESS.flatMap((dir) =>
    namesIn(path.join(projectDir, dir))
      .filter((name) => /^config\.[cm]?[jt]s$/.test(name))
      .map((name) => `${dir}/${name}`)
  )
}

function dependenciesOf(projectDir: string): Set<string> {
  try {
    const value = JSON.parse(textOf(path.join(projectDir, 'package.json'))) as Record<string, unknown>
    const { dependencies, devDependencies } = value
    return new Set([dependencies, devDependencies].flatMap((each) => Object.keys(each ?? {})))
  } catch {
    return new Set() // there is none, or it is no JSON: npm says so
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

function textOf(file: string): string {
  try {
    return readIfThere(file) ?? ''
  } catch {
    return ''
  }
}
