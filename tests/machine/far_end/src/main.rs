//! far-end FOLDER: stands at the far end of a virtual machine's buses, with the project's simulated chips.
//!
//! It listens on the sockets FOLDER/i2c and FOLDER/gpio (vhost-user, one connection each), FOLDER/pms5003 and
//! FOLDER/sds011 (the bytes of a serial port), and FOLDER/control: each line is a command of a test (chips.h), or
//! `hang i2c` or `answer i2c`, and each gets one line of JSON. It says `ready` when all of them listen, and ends when
//! its standard input does.
mod chips;
mod gpio;
mod i2c;
mod queue;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::Duration;

use vhost::vhost_user::Listener;
use vhost_user_backend::{VhostUserBackendMut, VhostUserDaemon, VringRwLock};
use vm_memory::{GuestMemoryAtomic, GuestMemoryMmap};

use chips::Chips;
use i2c::Hang;

const PORTS: [(&str, u32); 2] = [("pms5003", 0), ("sds011", 1)];
/// How often a serial sensor is asked for what it has sent; a byte takes a millisecond at 9600 baud.
const PORT_TICK: Duration = Duration::from_millis(5);

fn serve_device<T>(name: &'static str, folder: &Path, device: T) -> io::Result<()>
where
    T: VhostUserBackendMut<Bitmap = (), Vring = VringRwLock> + Send + Sync + 'static,
{
    let mut listener = Listener::new(folder.join(name), true).map_err(io::Error::other)?;
    let memory = GuestMemoryAtomic::new(GuestMemoryMmap::new());
    let mut daemon = VhostUserDaemon::new(name.into(), Arc::new(RwLock::new(device)), memory)
        .map_err(|error| io::Error::other(error.to_string()))?;
    thread::spawn(move || {
        if let Err(error) = daemon.start(&mut listener).and_then(|()| daemon.wait()) {
            eprintln!("far-end: {name}: {error}");
        }
    });
    Ok(())
}

fn serve_port(chips: Chips, port: u32, stream: UnixStream) -> io::Result<()> {
    let mut reader = stream.try_clone()?;
    thread::spawn(move || {
        let mut bytes = [0; 256];
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            chips.port_write(port, &bytes[..count]);
        }
    });
    let mut writer = stream;
    loop {
        let mut bytes = [0; 256];
        let count = chips.port_read(port, &mut bytes);
        writer.write_all(&bytes[..count])?;
        thread::sleep(PORT_TICK);
    }
}

fn serve_ports(chips: Chips, folder: &Path) -> io::Result<()> {
    for (name, port) in PORTS {
        let listener = UnixListener::bind(folder.join(name))?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // The guest's machine was switched off.
                let _ = serve_port(chips, port, stream);
            }
        });
    }
    Ok(())
}

fn carry_out(chips: Chips, hang: &Mutex<Hang>, command: &str) -> String {
    let mut hang = hang.lock().expect("no thread of ours panics");
    match command {
        "hang i2c" => hang.begin(),
        "answer i2c" => {
            if let Err(error) = hang.end() {
                eprintln!("far-end: i2c: {error}");
            }
        }
        _ => return chips.command(command),
    }
    String::from("{\"done\":true}")
}

fn serve_control(chips: Chips, hang: Arc<Mutex<Hang>>, folder: &Path) -> io::Result<()> {
    let listener = UnixListener::bind(folder.join("control"))?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut answers = &stream;
            for command in BufReader::new(&stream).lines().map_while(Result::ok) {
                if writeln!(answers, "{}", carry_out(chips, &hang, command.trim())).is_err() {
                    break;
                }
            }
        }
    });
    Ok(())
}

fn main() -> io::Result<()> {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("far-end FOLDER");
        std::process::exit(2);
    };
    let folder = Path::new(&folder);
    let Some(chips) = Chips::create() else {
        std::process::exit(1)
    };
    let hang = Arc::new(Mutex::new(Hang::default()));
    serve_device("i2c", folder, i2c::I2c::new(chips, hang.clone()))?;
    serve_device("gpio", folder, gpio::Gpio::new(chips))?;
    serve_ports(chips, folder)?;
    serve_control(chips, hang, folder)?;
    println!("ready");
    io::stdin().read_to_end(&mut Vec::new()).map(|_| ())
}
