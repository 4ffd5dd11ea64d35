package io.github.pgdispatch.samples.benchmark.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * Processor time that this virtual machine and a server have taken. Unlike a rate, it
 * does not count what other programs take meanwhile. Needs the files that Linux has for
 * processes.
 *
 * @param server the process that has started the server's other processes
 */
public record CpuTime(ProcessHandle server) {

	/**
	 * Linux tells processor time to others in hundredths of a second (proc(5), USER_HZ).
	 */
	private static final Duration TICK = Duration.ofMillis(10);

	/**
	 * The first of four fields after the name of the program: its own time, user's and
	 * system's, and that of processes that have ended.
	 */
	private static final int UTIME = 11;

	/**
	 * Finds the process of a server.
	 * @param backend the process id of one of its sessions, which goes on
	 * @throws IllegalStateException if the server does not run on this machine
	 */
	static CpuTime of(long backend) {
		return new CpuTime(ProcessHandle.of(backend)
			.filter((process) -> process.info().command().filter((command) -> command.contains("postgres")).isPresent())
			.flatMap(ProcessHandle::parent)
			.orElseThrow(() -> new IllegalStateException(
					"The server does not run on this machine, so its processor time is not known")));
	}

	/**
	 * Reads the time.
	 * @return the time since all of them were started, sessions that have ended included
	 */
	public Reading read() {
		long server = ticks(this.server) + this.server.children().mapToLong(CpuTime::ticks).sum();
		return new Reading(TICK.multipliedBy(ticks(ProcessHandle.current())), TICK.multipliedBy(server));
	}

	/**
	 * Reads the time of a process, and of those that it has started and that have ended.
	 */
	private static long ticks(ProcessHandle process) {
		try {
			String all = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
			// The name of the program, in parentheses, may have spaces.
			String[] fields = all.substring(all.lastIndexOf(')') + 2).split(" ");
			return Stream.of(fields).skip(UTIME).limit(4).mapToLong(Long::parseLong).sum();
		}
		catch (NoSuchFileException ex) {
			return 0;
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Processor time at some moment, or between two of them.
	 *
	 * @param virtualMachine of this virtual machine
	 * @param server of all processes of the server
	 */
	public record Reading(Duration virtualMachine, Duration server) {

		/**
		 * The time since an earlier reading.
		 * @param earlier the earlier one
		 * @return what was taken in between
		 */
		public Reading since(Reading earlier) {
			return new Reading(this.virtualMachine.minus(earlier.virtualMachine), this.server.minus(earlier.server));
		}

	}

}
