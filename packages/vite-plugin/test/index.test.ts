import { expect, test } from 'vitest'

test('exports exactly the plugin, by name and as default', async () => {
  const module = await import('@sitedrive/vite-plugin')
  expect(Object.keys(module).toSorted()).toEqual(['default', 'sitedrive'])
  expect(module.default).toBe(module.sitedrive)
})
