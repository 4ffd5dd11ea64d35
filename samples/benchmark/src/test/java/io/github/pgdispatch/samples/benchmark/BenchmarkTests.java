package io.github.pgdispatch.samples.benchmark;

import java.lang.management.ManagementFactory;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BenchmarkTests {

	@Test
	void noticesThatTheFastestCompilerIsOff() {
		assertThat(Benchmark.hasFastestCompiler(List.of("-Xmx1g", "-XX:TieredStopAtLevel=1"))).isFalse();
		assertThat(Benchmark.hasFastestCompiler(List.of("-Xmx1g", "-XX:TieredStopAtLevel=4"))).isTrue();
	}

	/**
	 * {@code SpeedTests} would measure something else.
	 */
	@Test
	void fastestCompilerIsOnInTests() {
		assertThat(Benchmark.hasFastestCompiler(ManagementFactory.getRuntimeMXBean().getInputArguments())).isTrue();
	}

}
