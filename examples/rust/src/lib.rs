//! BH1750: a light sensor over i2c. The host knows nothing of it; everything about it is here.

use std::cell::Cell;
use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

use exports::harvester::plugin::light_logic::{Guest, LightReading};
use harvester::plugin::gpio_provider::get_timestamp_ms;
use harvester::plugin::i2c::write_read;
use harvester::plugin::log::{Level, write};

wit_bindgen::generate!({ path: "../../wit/harvester", world: "light-plugin" });
export!(Light);

const BUS: u8 = 1;
const ADDRESS: u16 = 0x23;

const POWER_ON: u8 = 0x01;
const CONTINUOUS_HIGH_RESOLUTION: u8 = 0x10;
/// The longest that a measurement takes, by the data sheet.
const MEASUREMENT: Duration = Duration::from_millis(180);
const COUNTS_PER_LUX: f32 = 1.2;
const SATURATED: u16 = 0xffff;

thread_local! {
    /// It measures by itself from then on. Variables last from poll to poll.
    static IS_SET_UP: Cell<bool> = const { Cell::new(false) };
}

fn set_up() -> Result<(), Box<dyn Error>> {
    write_read(BUS, ADDRESS, &[POWER_ON], 0)?;
    write_read(BUS, ADDRESS, &[CONTINUOUS_HIGH_RESOLUTION], 0)?;
    sleep(MEASUREMENT);
    IS_SET_UP.set(true);
    Ok(())
}

fn read_lux() -> Result<f32, Box<dyn Error>> {
    if !IS_SET_UP.get() {
        set_up()?;
    }
    let data = write_read(BUS, ADDRESS, &[], 2)?;
    match u16::from_be_bytes([data[0], data[1]]) {
        SATURATED => Err("brighter than it can measure".into()),
        counts => Ok(f32::from(counts) / COUNTS_PER_LUX),
    }
}

struct Light;

impl Guest for Light {
    /// What is NaN here is shown as absent. After an error the sensor is set up anew.
    fn poll() -> Vec<LightReading> {
        let illuminance = read_lux().unwrap_or_else(|error| {
            IS_SET_UP.set(false);
            write(
                Level::Error,
                &format!("the BH1750 at {ADDRESS:#x}: {error}"),
            );
            f32::NAN
        });
        let sensor_id = String::from("light");
        vec![LightReading {
            sensor_id,
            illuminance,
            timestamp_ms: get_timestamp_ms(),
        }]
    }
}
