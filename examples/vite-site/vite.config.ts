import sitedrive from '@sitedrive/vite-plugin'
import { defineConfig } from 'vite'
import { pages } from './plugins/pages.ts'

export default defineConfig({
  root: 'src',
  build: { outDir: '../dist', emptyOutDir: true },
  plugins: [pages(), sitedrive()]
})
