//! `runnel serve`: runs until SIGINT or SIGTERM, then drains.

use super::{key, set};
use crate::admin::people::setup;
use crate::clock::Clock;
use crate::config::Config;
use crate::demo;
use crate::descriptors;
use crate::running::Running;
use crate::store::people::Role;
use clap::Args;
use std::io::Write;
use std::net::SocketAddr;
use tokio::signal::unix::{SignalKind, signal};

/// What `serve` takes.
#[derive(Args)]
pub struct Options {
    /// Address of the tracking domains.
    #[arg(long)]
    track: Option<SocketAddr>,
    /// Address of API and console.
    #[arg(long)]
    admin: Option<SocketAddr>,
    /// Runs the clock this many seconds ahead (or behind, if negative): for drills.
    #[arg(long, hide = true, default_value_t = 0, allow_hyphen_values = true)]
    clock_offset_seconds: i64,
    /// Makes a demo account with visitors who have walked its funnel, and serves its pages.
    #[arg(long)]
    demo: bool,
}

impl Options {
    /// Overrides what the configuration says.
    pub(super) fn apply(&self, config: &mut Config) {
        set(&mut config.track, self.track);
        set(&mut config.admin, self.admin);
        config.demo |= self.demo;
    }
}

/// Serves until the system asks to stop.
/// # Errors
/// A store or an address cannot be opened.
pub async fn serve(config: Config, options: Options) -> anyhow::Result<()> {
    descriptors::raise();
    let clock = Clock::offset(options.clock_offset_seconds);
    let running = Running::start(config, clock).await?;
    // Heard from the moment on that anybody is told where it serves.
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tracing::info!(track = %running.track, admin = %running.admin, "serving");
    say(format_args!("tracking on http://{}", running.track));
    say(format_args!("API on http://{}/api/v1", running.admin));
    if let Some(link) = setup::link(&running.app, running.admin).await? {
        say(format_args!("nobody can log in yet: open {link} to become the owner (works once)"));
    }
    if running.app.config.demo {
        show_demo(&running).await?;
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

/// Makes what is missing of the demo, and says where it begins.
async fn show_demo(running: &Running) -> anyhow::Result<()> {
    let app = &running.app;
    let told = demo::fill(app, running.track).await?;
    if told.fresh {
        demo::walk(app).await?;
        let key = key::add(&app.database, &app.clock, Role::Owner, "demo").await?;
        say(format_args!("API key for the demo, shown this once: {key}"));
    }
    say(format_args!("walk the demo funnel: {}", told.entrance));
    say(format_args!("its network's postback URL: {}", told.postback));
    Ok(())
}

/// Tells whoever started the program. Nobody may be reading any more: serving goes on.
fn say(line: std::fmt::Arguments) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
