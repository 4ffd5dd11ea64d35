package io.github.pgdispatch.test;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A Chrome or Chromium: the one that {@code CHROME_BIN} names, the one on the path or, in
 * continuous integration as root on Debian, one from Debian's packages.
 *
 * @param binary its program, where its driver finds it
 * @param driver the program of its driver; {@code null} if Selenium is to find one
 */
public record Browser(String binary, @Nullable File driver) {

	private static final List<String> NAMES = List.of("google-chrome", "google-chrome-stable", "chromium",
			"chromium-browser", "chrome");

	private static final List<String> PACKAGES = List.of("chromium", "chromium-driver", "dash", "coreutils",
			"fonts-liberation");

	/**
	 * The browser needs what the kernel shows of processes and devices, which only it is
	 * to see in its folder.
	 */
	private static final String DRIVER = """
			#!/bin/sh
			root="$(dirname "$(readlink -f "$0")")"
			exec unshare --mount sh -c '
				for d in proc sys dev; do mkdir -p "$0/$d"; mount --rbind "/$d" "$0/$d"; done
				exec chroot "$0" /usr/bin/chromedriver "$@"' "$root" "$@"
			""";

	/**
	 * Opens a window of a browser, which is to be quit. Skips the test if there is no
	 * browser.
	 * @return what drives it
	 */
	public static ChromeDriver open() {
		return find(System.getenv()).orElseGet(() -> none(System.getenv())).start();
	}

	private static Optional<Browser> find(Map<String, String> environment) {
		Optional<String> binary = Optional.ofNullable(environment.get("CHROME_BIN"))
			.or(() -> onPath(environment, NAMES).map(Path::toString));
		if (binary.isPresent()) {
			return Optional.of(new Browser(binary.get(),
					onPath(environment, List.of("chromedriver")).map(Path::toFile).orElse(null)));
		}
		return ("true".equals(environment.get("CI")) && DebianPackages.areAvailable()) ? Optional.of(unpacked())
				: Optional.empty();
	}

	private static Optional<Path> onPath(Map<String, String> environment, List<String> names) {
		return Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator))
			.flatMap((folder) -> names.stream().map((name) -> Path.of(folder, name)))
			.filter(Files::isExecutable)
			.findFirst();
	}

	private static Browser unpacked() {
		Path root = DebianPackages.unpacked("chromium", PACKAGES, Browser::addDriver, (folder) -> {
		});
		return new Browser("/usr/lib/chromium/chromium", root.resolve("driver").toFile());
	}

	private static void addDriver(Path root) throws IOException {
		Path driver = Files.writeString(root.resolve("driver"), DRIVER);
		Files.setPosixFilePermissions(driver, PosixFilePermissions.fromString("rwxr-xr-x"));
	}

	static Browser none(Map<String, String> environment) {
		return LoudSkip.of("""
				There is no Chrome or Chromium for the tests of the dashboard. They take the one
				that CHROME_BIN names, or the one on the path, with the chromedriver on the path.
				With CI=true as root on Debian, they take both from Debian's packages, in a folder
				of their own.""", environment);
	}

	private ChromeDriver start() {
		ChromeOptions options = new ChromeOptions();
		options.setBinary(this.binary);
		// By a pipe, as the name localhost is not known in a folder.
		options.addArguments("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
				"--disable-component-update", "--disable-sync", "--no-first-run", "--remote-debugging-pipe");
		LoggingPreferences logs = new LoggingPreferences();
		logs.enable(LogType.BROWSER, Level.ALL);
		options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
		ChromeDriverService.Builder service = new ChromeDriverService.Builder().withSilent(true);
		if (this.driver != null) {
			service.usingDriverExecutable(this.driver);
		}
		return new ChromeDriver(service.build(), options);
	}

}
