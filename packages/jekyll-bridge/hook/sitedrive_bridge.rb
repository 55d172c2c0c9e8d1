# frozen_string_literal: true

require "json"

# Loaded by Jekyll as a plugin. Tells the process that started Jekyll what becomes of the site: one JSON object a line, over an
# open file that it was handed. Whatever goes wrong in here must not fail a build.
module SitedriveBridge
  # Longest message that is passed on: a template's whole output can be part of one.
  MAX_TEXT = 16_384
  # A longer list of files costs more than it saves.
  MAX_TOUCHED = 2_000

  class << self
    def start(number)
      @out = IO.for_fd(Integer(number), "r+b")
      @out.sync = true
      @out.close_on_exec = true
    rescue StandardError
      @out = nil
    end

    def tell(event, facts = {})
      @out&.write("#{JSON.generate(facts.merge("event" => event))}\n")
    rescue StandardError
      @out = nil
    end

    def text(value)
      value.to_s.dup.force_encoding(Encoding::UTF_8).scrub[0, MAX_TEXT]
    end

    def begun(site)
      @culprits = {}.compare_by_identity
      return tell("building") if @is_known

      @is_known = true
      facts = { "jekyll" => Jekyll::VERSION, "destination" => text(site.dest) }
      tell("site", facts)
      end_with_parent if site.config["watch"]
      tell("building")
    end

    # Files with other content than after the last build, and those that are gone. Jekyll writes every page each time.
    def touched(site)
      before = @marks
      @marks = marks(site, before || {})
      return nil if before.nil?

      changed = @marks.reject { |path, mark| before[path] == mark }.keys + (before.keys - @marks.keys)
      return nil if changed.length > MAX_TOUCHED

      changed.map { |path| text(path.delete_prefix(site.dest)) }
    rescue StandardError
      @marks = nil
    end

    # Which file each page was made of, as far as it was not told before.
    def sources(site)
      told = @sources ||= {}
      news = {}
      (site.pages + site.documents).each do |item|
        path = text(item.destination(site.dest).delete_prefix(site.dest))
        source = source_of(site, item)
        next if source.nil? || told[path] == source

        news[path] = told[path] = source
      end
      news
    rescue StandardError
      {}
    end

    # nil for what plugins and themes made.
    def source_of(site, item)
      file = File.expand_path(item.relative_path.delete_prefix("/"), site.source)
      here = relative(file)
      here != file && File.file?(file) ? text(here) : nil
    end

    def marks(site, before)
      found = {}
      site.each_site_file do |item|
        path = item.destination(site.dest)
        mark = item.respond_to?(:output) ? item.output&.hash : item.mtime
        # What --incremental did not render is as it was.
        found[path] = mark.nil? ? before[path] : mark
      end
      found
    end

    # Remembers which file an error is of; the innermost names itself first.
    def blame(error, path)
      @culprits ||= {}.compare_by_identity
      @culprits[error] ||= path
    end

    def failed(site, error)
      @marks = nil # part of what the build was to write may be written
      spot = place(site, error)
      tell("failed", { "message" => text(agreeing(error, spot["line"])) }.merge(spot))
    rescue StandardError
      tell("failed", "message" => text(error.message))
    end

    # The message with the number of the file's line, where it has the number without the front matter.
    def agreeing(error, line)
      counted, = position(error)
      return error.message if counted.nil? || line.nil? || counted == line

      error.message.sub(/\bline #{counted}\b/, "line #{line}")
    end

    def place(site, error)
      # An included file is named by the error itself.
      file = named_by(error) || @culprits&.[](error)
      line, column = position(error)
      return in_ruby(site, error) if file.nil?

      file = File.expand_path(file, site.source)
      # Liquid and Sass never see the front matter, and count without it.
      line += hidden_lines(file) if line && !error.is_a?(Psych::SyntaxError)
      { "file" => text(relative(file)), "line" => line, "column" => column }
    end

    def named_by(error)
      return error.template_name if error.respond_to?(:template_name)
      return error.file if error.is_a?(Psych::SyntaxError) && error.file && File.exist?(error.file)

      nil
    end

    def position(error)
      return [error.line, error.column] if error.is_a?(Psych::SyntaxError)
      return [error.line_number, nil] if error.respond_to?(:line_number)

      _, line, column = *error.message.match(/\bon line (\d+)(?::(\d+))?/)
      [line&.to_i, column&.to_i]
    end

    # A plugin of the site's own.
    def in_ruby(site, error)
      spot = (error.backtrace || []).find { |each| each.start_with?("#{site.source}/") }
      _, file, line = *spot&.match(/\A(.+?):(\d+)/)
      { "file" => file && text(relative(file)), "line" => line&.to_i, "column" => nil }
    end

    def hidden_lines(file)
      File.read(file, :encoding => "bom|utf-8")[Jekyll::Document::YAML_FRONT_MATTER_REGEXP].to_s.count("\n")
    rescue StandardError
      0
    end

    def relative(file)
      here = "#{Dir.pwd}/"
      file.start_with?(here) ? file.delete_prefix(here) : file
    end

    def said(level, topic, message)
      tell("said", "level" => level, "topic" => text(topic), "message" => text(message))
    end

    # The other end closes when the parent is gone, however it ended.
    def end_with_parent
      return if @out.nil?

      Thread.new do
        @out.read(1)
        Process.kill("INT", Process.pid)
        sleep 5
        exit!(1)
      rescue StandardError
        exit!(1)
      end
    end
  end

  module Site
    def process
      super
    rescue Exception => e # rubocop:disable Lint/RescueException
      SitedriveBridge.failed(self, e)
      raise
    end
  end

  module Renderer
    def run
      super
    rescue Exception => e # rubocop:disable Lint/RescueException
      SitedriveBridge.blame(e, document.relative_path)
      raise
    end

    def render_liquid(content, payload, info, path = nil)
      super
    rescue Exception => e # rubocop:disable Lint/RescueException
      SitedriveBridge.blame(e, path || document.relative_path)
      raise
    end
  end

  module DataReader
    def read_data_file(path)
      super
    rescue StandardError => e
      SitedriveBridge.blame(e, path)
      raise
    end
  end

  module Log
    def warn(topic, message = nil, &block)
      SitedriveBridge.said("warn", topic, message)
      super
    end

    def error(topic, message = nil, &block)
      SitedriveBridge.said("error", topic, message)
      super
    end
  end

  # When the first build of `--watch` fails, Jekyll would end before it watches anything. Later ones are told and waited out.
  module Command
    def build(site, options)
      super
    rescue StandardError, SystemExit => e
      raise unless options["watch"]

      Jekyll.logger.warn "Error:", e.message unless e.is_a?(SystemExit)
      Jekyll.logger.warn "Error:", "Run jekyll build --trace for more information."
    end

    def watch(site, options)
      super
    rescue StandardError => e
      SitedriveBridge.tell("unwatched", "kind" => e.class.name, "message" => SitedriveBridge.text(e.message))
      raise
    end
  end
end

if ENV["SITEDRIVE_JEKYLL_EVENTS"]
  # What Jekyll starts has no part in it.
  SitedriveBridge.start(ENV.delete("SITEDRIVE_JEKYLL_EVENTS"))
  # Looked up one by one: what another version of Jekyll lacks is not told.
  { "Site" => :Site, "Renderer" => :Renderer, "DataReader" => :DataReader, "LogAdapter" => :Log }.each do |name, own|
    Jekyll.const_get(name).prepend(SitedriveBridge.const_get(own)) if Jekyll.const_defined?(name)
  end
  Jekyll::Commands::Build.singleton_class.prepend(SitedriveBridge::Command)
  Jekyll::Hooks.register(:site, :after_reset) { |site| SitedriveBridge.begun(site) }
  # After the hooks of all others, who may still write files in theirs.
  Jekyll::Hooks.register(:site, :post_write, :priority => -1_000) do |site|
    SitedriveBridge.tell("written", "touched" => SitedriveBridge.touched(site), "sources" => SitedriveBridge.sources(site))
  end
end
