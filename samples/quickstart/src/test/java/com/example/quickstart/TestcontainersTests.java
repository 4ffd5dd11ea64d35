package com.example.quickstart;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.testcontainers.DockerClientFactory;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the side effects with the application's own workers, on a PostgreSQL in Docker.
 */
@SpringBootTest
@Import(TestcontainersConfiguration.class)
@ExtendWith(OutputCaptureExtension.class)
class TestcontainersTests {

	@Autowired
	private QuickstartApplication.SignUpController controller;

	@BeforeAll
	static void skipLoudlyWithoutDocker() {
		if (!DockerClientFactory.instance().isDockerAvailable()) {
			String line = "*".repeat(81);
			System.err.printf("%n%s%n  There is no Docker, so that %s is skipped.%n%s%n%n", line,
					TestcontainersTests.class.getName(), line);
			Assumptions.abort("There is no Docker");
		}
	}

	@Test
	void aNewcomerIsWelcomed(CapturedOutput output) {
		this.controller.signUp("Ada");
		Awaitility.await()
			.atMost(Duration.ofMinutes(1))
			.untilAsserted(() -> assertThat(output).contains("Welcome, Ada!"));
	}

}
