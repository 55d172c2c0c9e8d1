import { expect, test } from 'vitest'

test('exports exactly the plugin, by name and as default', async () => {
  const module = await import('@sitedrive/eleventy-plugin')
  expect(Object.keys(module).toSorted()).toEqual(['default', 'sitedrive'])
  expect(module.default).toBe(module.sitedrive)
  expect(module.sitedrive.name).toBe('sitedrive')
  expect(module.sitedrive.eleventyPluginOptions).toEqual({ unique: true })
})
