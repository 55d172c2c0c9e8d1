import { describeIntegration, describeWatching } from '@sitedrive/testing'
import { eleventyDriver } from './support/eleventy-project.js'

describeIntegration('Eleventy', eleventyDriver)
describeWatching('Eleventy', eleventyDriver)
