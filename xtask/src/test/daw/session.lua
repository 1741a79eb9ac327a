-- Makes an Ardour session with one stereo track that has Con Anima on it, and automates Humanize.
--
--     luasession session.lua FOLDER RATE_HZ TEMPO_BPM SAMPLE=PERCENT…
--
-- Each SAMPLE=PERCENT is a point at which Humanize takes a value and keeps it until the next. Prints the names of the
-- parameters that Ardour lists, the plugin's latency and 'done', each on a line of its own.

local folder, rate_hz, tempo_bpm = arg[1], tonumber(arg[2]), tonumber(arg[3])

-- Standard output is lost where Ardour ends abnormally.
local function say(...)
	io.stderr:write(table.concat({ ... }, " "), "\n")
end

assert(create_session(folder, "session", rate_hz), "no session can be made in " .. folder)

-- Before the automation, which Ardour keeps by beats.
local map = Temporal.TempoMap.fetch_writable()
map:set_tempo(Temporal.Tempo(tempo_bpm, tempo_bpm, 4), Temporal.timepos_t(0))
Temporal.TempoMap.update(map)

local track
local order, mode = ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal
for new in Session:new_audio_track(2, 2, nil, 1, "vocal", order, mode, true):iter() do
	track = new
end

local processor = ARDOUR.LuaAPI.new_plugin(Session, "Con Anima", ARDOUR.PluginType.VST3, "")
assert(not processor:isnil(), "Ardour does not know the plugin; was it scanned?")
assert(track:add_processor_by_index(processor, 0, nil, true) == 0, "the plugin does not go onto the track")

local plugin = processor:to_insert():plugin(0)
local humanize
for index = 0, plugin:parameter_count() - 1 do
	say("parameter", plugin:parameter_label(index))
	if plugin:parameter_label(index) == "Humanize" then
		humanize = index
	end
end
assert(humanize, "the plugin has no Humanize")

local list, curve = ARDOUR.LuaAPI.plugin_automation(processor, humanize)
assert(not list:isnil(), "Humanize cannot be automated")
for index = 4, #arg do
	local sample, percent = arg[index]:match("^(%d+)=([%d.]+)$")
	assert(sample, "not a point: " .. arg[index])
	curve:add(Temporal.timepos_t(tonumber(sample)), tonumber(percent), false, true)
end
curve:set_interpolation(Evoral.InterpolationStyle.Discrete)
local parameter = Evoral.Parameter(ARDOUR.AutomationType.PluginAutomation, 0, humanize)
processor:to_automatable():automation_control(parameter, false):set_automation_state(ARDOUR.AutoState.Play)

say("latency", processor:to_insert():signal_latency())
Session:save_state("", false, false, false, false, false)
close_session()
say("done")
