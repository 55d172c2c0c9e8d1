/** What the tests of all packages have in common. */
export const shared = {
  include: ['test/**/*.test.ts'],
  // Real processes, stores and networks on a machine that may be busy.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // What is built already is loaded as it is.
  server: { deps: { external: [/\/packages\/[^/]+\/(dist|bundle)\//] } },
  // No test of these replaces a module, so what one file has loaded serves the next.
  isolate: false,
  // Other machines, and other tests, are none of a test's business. Those of the local network ask for it.
  env: { SITEDRIVE_LAN: '0' },
  // CONTRIBUTING.md says which tests these are.
  tags: [{ name: 'long', description: 'What `npm run long` runs, and `npm test` does not.' }]
}
