//! The window inside a host's on X11: whose the keys are. On a display of its own, with a real pointer and keyboard.
#![cfg(all(feature = "editor", target_os = "linux"))]
#![allow(unsafe_code, reason = "the framework lets a host be imitated only through a trait of unsafe methods")]
#![allow(clippy::print_stdout, reason = "says where it could not run")]

#[path = "common/panel_rig.rs"]
mod panel_rig;

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::num::NonZeroU32;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::Duration;

use con_anima::editor::{Presence, control_id, create};
use con_anima::monitor::monitor;
use con_anima::params::{Extent, VoiceParams};
use egui::vec2;
use nice_plug::context::gui::{GuiContext, GuiContextInner};
use nice_plug::editor::EditorHandle;
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::{Editor, ParentWindowHandle, PluginApi, PluginState};
use panel_rig::Rig;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, EventMask, InputFocus, WindowClass};
use x11rb::rust_connection::RustConnection;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT, CURRENT_TIME};

/// How often it is looked whether something has come, and the time between: twenty seconds, for a busy machine.
const N_LOOKS: usize = 1000;
const BETWEEN: Duration = Duration::from_millis(20);
/// So long is waited for what must not come.
const WHILE: Duration = Duration::from_millis(700);

/// A display without a screen; it ends with the test.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// `None` where there is no such server, or nothing to press keys with.
    fn start() -> Option<Self> {
        Command::new("xdotool").arg("version").stdout(Stdio::null()).status().ok()?;
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        let mut server = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut number = String::new();
        BufReader::new(server.stdout.take()?).read_line(&mut number).ok()?;
        Some(Self { server, name: format!(":{}", number.trim()) })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Runs an ignored test of this file on a display of its own.
fn passes_on_a_display(test: &str) {
    let Some(display) = Display::start() else {
        println!("not run: it needs Xvfb and xdotool");
        return;
    };
    // The window finds its display by the environment, which a running test must not change.
    let mut inside = Command::new(std::env::current_exe().expect("a test has a path"));
    inside.args(["--exact", test, "--ignored", "--nocapture"]);
    // Each thread that lives at once may take another of glibc's arenas, now and then one more: with one of them what
    // is resident is what is used.
    inside.envs([("DISPLAY", display.name.as_str()), ("LIBGL_ALWAYS_SOFTWARE", "1"), ("MALLOC_ARENA_MAX", "1")]);
    let inside = inside.output().expect("it starts");
    let said = String::from_utf8_lossy(&inside.stdout).into_owned() + &String::from_utf8_lossy(&inside.stderr);
    println!("{said}");
    // What the graphics library does while the program ends is not ours to test, so its exit status does not count.
    assert!(said.lines().any(|line| line == "ok" || line.ends_with("... ok")), "{said}");
}

#[test]
fn the_keys_are_the_hosts_unless_something_is_typed() {
    passes_on_a_display("inside_the_display");
}

#[test]
fn a_window_that_is_opened_again_and_again_takes_no_more_memory() {
    passes_on_a_display("opened_again_and_again");
}

/// A host that takes every value at once.
struct Host;

impl GuiContextInner for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }

    unsafe fn raw_begin_set_parameter(&self, _param: ParamPtr) {}

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        // SAFETY: The parameters live as long as the window.
        unsafe { param._internal_set_normalized_value(normalized) };
    }

    unsafe fn raw_end_set_parameter(&self, _param: ParamPtr) {}

    fn get_state(&self) -> PluginState {
        PluginState { version: String::new(), params: BTreeMap::new(), fields: BTreeMap::new() }
    }

    fn set_state(&self, _state: PluginState) {}

    fn request_restart(&self) {}
}

/// A host's window, which counts the keys that are pressed in it.
struct Outer {
    connection: RustConnection,
    id: u32,
}

impl Outer {
    fn new() -> Self {
        let (connection, screen) = RustConnection::connect(None).expect("there is a display");
        let root = connection.setup().roots[screen].root;
        let id = connection.generate_id().expect("an id");
        let Extent { width, height } = Extent::DESIGN;
        let wants = CreateWindowAux::new().event_mask(EventMask::KEY_PRESS);
        let (depth, class) = (COPY_DEPTH_FROM_PARENT, WindowClass::INPUT_OUTPUT);
        let size = (width as u16, height as u16);
        connection
            .create_window(depth, id, root, 0, 0, size.0, size.1, 0, class, COPY_FROM_PARENT, &wants)
            .expect("the server is there")
            .check()
            .expect("a window");
        connection.map_window(id).expect("the server is there").check().expect("it is shown");
        let outer = Self { connection, id };
        outer.focus();
        outer
    }

    fn focus(&self) {
        let focused = self.connection.set_input_focus(InputFocus::PARENT, self.id, CURRENT_TIME);
        focused.expect("the server is there").check().expect("it is focused");
    }

    /// Whether a window lies inside and is shown.
    fn is_filled(&self) -> bool {
        let tree = self.connection.query_tree(self.id).expect("the server is there").reply().expect("a tree");
        tree.children.first().is_some_and(|child| {
            let seen = self.connection.get_window_attributes(*child).expect("the server is there").reply();
            seen.is_ok_and(|seen| u8::from(seen.map_state) == 2)
        })
    }

    /// How many keys were pressed in it since it was asked last.
    fn n_keys(&self) -> usize {
        let events = std::iter::from_fn(|| self.connection.poll_for_event().expect("the server is there"));
        events.filter(|event| matches!(event, Event::KeyPress(_))).count()
    }

    /// Waits until so many were.
    fn waits_for_keys(&self, n_keys: usize) -> bool {
        let mut n_left = n_keys;
        waits_for(|| {
            n_left = n_left.saturating_sub(self.n_keys());
            n_left == 0
        })
    }
}

fn waits_for(mut is_so: impl FnMut() -> bool) -> bool {
    let is_so_after_a_while = || {
        pause(BETWEEN);
        is_so()
    };
    std::iter::repeat_with(is_so_after_a_while).take(N_LOOKS).any(|is_so| is_so)
}

#[allow(clippy::disallowed_methods, reason = "another process draws and answers meanwhile")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// Moves the pointer, clicks, presses keys.
fn hand(actions: &[&str]) {
    assert!(Command::new("xdotool").args(actions).status().expect("it is there").success(), "{actions:?}");
    pause(Duration::from_millis(300));
}

#[test]
#[ignore = "needs a display of its own, which the other test starts"]
fn inside_the_display() {
    let outer = Outer::new();
    let params = Arc::new(VoiceParams::default());
    let presence = Presence::default();
    let editor = create(params.clone(), monitor().1, presence.clone());
    let parent = ParentWindowHandle::XcbWindow(NonZeroU32::new(outer.id).expect("an id"));
    let window = editor.spawn(Some(parent), false, None, GuiContext::new(Arc::new(Host)), None).expect("it opens");
    window.handle.show(&window.window).expect("it is shown");
    assert!(waits_for(|| outer.is_filled()), "the window is shown in the host's");
    pause(WHILE);

    hand(&["mousemove", "600", "300"]);
    hand(&["key", "space"]);
    assert!(outer.waits_for_keys(1), "with the pointer over the window");
    hand(&["click", "1"]);
    hand(&["key", "space"]);
    assert!(outer.waits_for_keys(1), "after a click");

    let size = vec2(Extent::DESIGN.width as f32, Extent::DESIGN.height as f32);
    let field = Rig::new(size).rect(control_id("drift").with("value")).expect("it is there").center();
    let [x, y] = [field.x, field.y].map(|at| format!("{at:.0}"));
    hand(&["mousemove", &x, &y]);
    hand(&["click", "1"]);
    pause(WHILE);
    outer.n_keys();
    hand(&["type", "--delay", "60", "33"]);
    hand(&["key", "Return"]);
    assert!(waits_for(|| params.drift.value() == 33.0), "what is typed is the window's: {}", params.drift.value());
    pause(WHILE);
    assert_eq!(outer.n_keys(), 0, "and no key of it the host's");

    hand(&["key", "space"]);
    assert!(outer.waits_for_keys(1), "after typing");
    drop(window);
    assert!(waits_for(|| !outer.is_filled()), "it closes");
    // The window's thread ends by itself; a program that ends meanwhile would take away what it still uses.
    pause(WHILE);
}

/// Openings of the window; the environment variable CON_ANIMA_OPENINGS names another number.
const N_OPENINGS: usize = 30;
/// When a window that was opened is at rest, and how long it is watched then.
const AT_REST_AFTER: Duration = Duration::from_secs(7);
const AT_REST: Duration = Duration::from_secs(3);
/// Behind so many everything that is kept once is there.
const N_FIRST: usize = 10;
/// How much more memory an opening may leave behind, bytes of what this program allocates itself: texts in the cache of
/// a window's last frame differ a little.
const MOST_GROWTH_BYTES: f64 = 2000.0;
/// How much more the process may take at the end, with all that the libraries keep, MiB.
const MOST_GROWTH_MIB: f64 = 5.0;

/// Counts what is allocated and not freed.
struct Counting;

static N_LIVE_BYTES: AtomicIsize = AtomicIsize::new(0);

// SAFETY: Everything is done by the system's allocator; counting changes nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        N_LIVE_BYTES.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: The caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        N_LIVE_BYTES.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: The caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The memory of this process that is in use, MiB.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells it");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kib / 1024.0
}

/// The processor's time of this process so far, seconds.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells it");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name in brackets").split_whitespace().collect();
    // Ticks of 10 ms in user and in system mode.
    [11, 12].iter().map(|field| fields[*field].parse::<f64>().expect("a number") / 100.0).sum()
}

#[test]
#[ignore = "needs a display of its own, which another test starts"]
fn opened_again_and_again() {
    let outer = Outer::new();
    let (params, presence) = (Arc::new(VoiceParams::default()), Presence::default());
    let n_openings = std::env::var("CON_ANIMA_OPENINGS").ok().and_then(|text| text.parse().ok()).unwrap_or(N_OPENINGS);
    let (mut resident, mut live) = (Vec::with_capacity(n_openings), Vec::with_capacity(n_openings));
    let editor = create(params, monitor().1, presence);
    for opening in 0..n_openings {
        let parent = ParentWindowHandle::XcbWindow(NonZeroU32::new(outer.id).expect("an id"));
        let window = editor.spawn(Some(parent), false, None, GuiContext::new(Arc::new(Host)), None).expect("it opens");
        window.handle.show(&window.window).expect("it is shown");
        assert!(waits_for(|| outer.is_filled()), "opening {opening}");
        if opening + 1 == n_openings {
            pause(AT_REST_AFTER);
            let before_s = processor_s();
            pause(AT_REST);
            let share = (processor_s() - before_s) / AT_REST.as_secs_f64();
            println!("at rest it takes {:.1} % of a core", share * 100.0);
        }
        drop(window);
        assert!(waits_for(|| !outer.is_filled()), "closing {opening}");
        resident.push(resident_mib());
        live.push(N_LIVE_BYTES.load(Ordering::Relaxed));
    }
    pause(WHILE);
    let n_more = (n_openings - N_FIRST) as f64;
    let growth_mib = resident[n_openings - 1] - resident[N_FIRST - 1];
    println!("resident behind opening {N_FIRST}: {:.1} MiB, at the end {growth_mib:+.1} MiB", resident[N_FIRST - 1]);
    let growth_bytes = (live[n_openings - 1] - live[N_FIRST - 1]) as f64 / n_more;
    println!("our own memory: {growth_bytes:+.0} bytes an opening");
    assert!(growth_bytes <= MOST_GROWTH_BYTES, "{live:?}");
    assert!(growth_mib <= MOST_GROWTH_MIB, "{resident:?}");
}
