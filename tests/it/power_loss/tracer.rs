//! Runs a program and sees each of its system calls, as a debugger would.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::power_loss::recorder::{Recorder, SystemCall};
use crate::power_loss::recording::Recording;

/// The line by which the program says that it waits to be traced. It begins when it reads a line.
pub(crate) const READY: &str = "ready to be traced";

/// Runs the program, and records what it does under the folder `root`.
///
/// # Errors
/// When this machine lets nobody trace.
pub(crate) fn record(mut program: Command, root: &Path) -> Result<Recording, Errno> {
    // A group of its own, because nobody else's children must be waited for here.
    let mut child =
        program.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    while line.trim_end() != READY {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended before it could be traced");
    }
    let drain = thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process number fits"));
    let traced = seize(pid).map(|()| trace(pid, &mut child, root));
    if traced.is_err() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    drain.join().unwrap().unwrap();
    traced
}

fn seize(pid: Pid) -> Result<(), Errno> {
    let options =
        Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_EXITKILL;
    let mut seized = BTreeSet::new();
    loop {
        let mut grown = false;
        for thread in fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
            let name = thread.unwrap().file_name();
            let thread = Pid::from_raw(name.to_str().unwrap().parse().unwrap());
            if seized.insert(thread) {
                ptrace::seize(thread, options)?;
                ptrace::interrupt(thread)?;
                grown = true;
            }
        }
        if !grown {
            return Ok(());
        }
    }
}

fn trace(pid: Pid, child: &mut Child, root: &Path) -> Recording {
    let mut recorder = Recorder::new(pid, root);
    writeln!(child.stdin.take().expect("it is piped"), "go").unwrap();
    let group = Pid::from_raw(-pid.as_raw());
    loop {
        match waitpid(group, Some(WaitPidFlag::__WALL)).unwrap() {
            WaitStatus::PtraceSyscall(thread) => {
                see(&mut recorder, thread);
                go_on(thread, None);
            }
            WaitStatus::PtraceEvent(thread, ..) => go_on(thread, None),
            WaitStatus::Stopped(thread, signal) => go_on(thread, Some(signal)),
            WaitStatus::Exited(ended, code) if ended == pid => {
                assert_eq!(code, 0, "the traced program failed");
                return recorder.finish();
            }
            WaitStatus::Signaled(ended, signal, _) if ended == pid => {
                panic!("the traced program was ended by {signal}")
            }
            WaitStatus::Exited(..)
            | WaitStatus::Signaled(..)
            | WaitStatus::Continued(_)
            | WaitStatus::StillAlive => {}
        }
    }
}

fn see(recorder: &mut Recorder, thread: Pid) {
    // A thread that another one's exit ends is gone before it can be asked.
    let Ok(info) = ptrace::syscall_info(thread) else { return };
    let Ok(registers) = ptrace::getregs(thread) else { return };
    match info.op {
        libc::PTRACE_SYSCALL_INFO_ENTRY => recorder.enter(thread, entered(&registers)),
        libc::PTRACE_SYSCALL_INFO_EXIT => recorder.leave(thread, result(&registers)),
        _ => {}
    }
}

fn go_on(thread: Pid, signal: Option<nix::sys::signal::Signal>) {
    match ptrace::syscall(thread, signal) {
        // It is gone; its end is told elsewhere.
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(error) => panic!("the traced program cannot go on: {error}"),
    }
}

#[cfg(target_arch = "x86_64")]
fn entered(registers: &libc::user_regs_struct) -> SystemCall {
    let number = registers.orig_rax.cast_signed();
    let args =
        [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9];
    SystemCall { number, args }
}

#[cfg(target_arch = "x86_64")]
fn result(registers: &libc::user_regs_struct) -> i64 {
    registers.rax.cast_signed()
}

#[cfg(target_arch = "aarch64")]
fn entered(registers: &libc::user_regs_struct) -> SystemCall {
    let [a, b, c, d, e, f, ..] = registers.regs;
    SystemCall { number: registers.regs[8].cast_signed(), args: [a, b, c, d, e, f] }
}

#[cfg(target_arch = "aarch64")]
fn result(registers: &libc::user_regs_struct) -> i64 {
    registers.regs[0].cast_signed()
}
