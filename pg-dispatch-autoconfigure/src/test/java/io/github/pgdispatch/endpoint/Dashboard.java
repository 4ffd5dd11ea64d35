package io.github.pgdispatch.endpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.logging.LogType;

import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The dashboard as a user has it in a browser.
 *
 * @param browser the browser
 * @param application where the application is
 */
record Dashboard(ChromeDriver browser, String application) {

	/**
	 * The pages of which there is one.
	 */
	static final List<String> PAGES = List.of("", "jobs", "batches", "dead-letters", "handlers", "schedules", "nodes",
			"history");

	/**
	 * Logs a user in, whose password is the same. Tries again if the request for an icon,
	 * which the browser sends meanwhile, has begun another session.
	 */
	void logIn(String user) {
		await().until(() -> {
			this.browser.get("about:blank");
			this.browser.executeCdpCommand("Network.clearBrowserCookies", Map.of());
			this.browser.get(this.application + "/login");
			this.browser.findElement(By.name("username")).sendKeys(user);
			this.browser.findElement(By.name("password")).sendKeys(user);
			this.browser.findElement(By.tagName("button")).click();
			return !this.browser.getCurrentUrl().contains("/login");
		});
	}

	/**
	 * Opens a page, from anew.
	 * @param address what follows the {@code #/}, such as {@code jobs?state=waiting}
	 */
	Dashboard open(String address) {
		this.browser.get("about:blank");
		this.browser.get(this.application + "/actuator/pgdispatch/ui#/" + address);
		await().until(() -> !this.browser.findElements(By.cssSelector("main:not([aria-busy]) h1")).isEmpty());
		return this;
	}

	WebElement find(String selector) {
		return this.browser.findElement(By.cssSelector(selector));
	}

	List<WebElement> findAll(String selector) {
		return this.browser.findElements(By.cssSelector(selector));
	}

	/**
	 * Finds the row of a table that has a text.
	 */
	WebElement row(String text) {
		return await().ignoreException(NoSuchElementException.class)
			.until(() -> this.browser.findElement(By.xpath("//tbody/tr[contains(., '" + text + "')]")), (row) -> true);
	}

	void click(String button) {
		button(this.browser, "main", button).click();
	}

	void clickInRow(String text, String button) {
		row(text).findElement(By.xpath(".//button[normalize-space()='" + button + "']")).click();
	}

	/**
	 * Answers the question of the dialog.
	 * @param button the text of the answer
	 * @return the question
	 */
	String answer(String button) {
		WebElement answer = button(this.browser, "dialog[@open]", button);
		String question = find("dialog h2").getText();
		answer.click();
		await().until(() -> findAll("dialog[open]").isEmpty());
		return question;
	}

	private static WebElement button(ChromeDriver browser, String parent, String text) {
		By button = By.xpath("//" + parent + "//button[normalize-space()='" + text + "']");
		return await().ignoreException(NoSuchElementException.class)
			.until(() -> browser.findElement(button), (found) -> true);
	}

	void filter(String field, String value) {
		WebElement input = find("main form [name=" + field + "]");
		input.clear();
		input.sendKeys(value, Keys.TAB);
	}

	void awaitText(String... texts) {
		await().ignoreException(StaleElementReferenceException.class)
			.untilAsserted(() -> assertThat(find("main").getText()).contains(texts));
	}

	void awaitNoText(String text) {
		await().ignoreException(StaleElementReferenceException.class)
			.untilAsserted(() -> assertThat(find("main").getText()).doesNotContain(text));
	}

	/**
	 * Waits for what a screen reader is told.
	 */
	void awaitNews(String text) {
		await().untilAsserted(() -> assertThat(find("[role=status]").getText()).contains(text));
	}

	/**
	 * Returns what axe-core finds that keeps people from using this page.
	 */
	@SuppressWarnings("unchecked")
	List<String> obstacles() {
		this.browser.executeScript(axe());
		return (List<String>) this.browser.executeAsyncScript("""
				const done = arguments[arguments.length - 1];
				axe.run().then(({ violations }) => done(violations.flatMap(({ id, impact, nodes }) =>
					nodes.map(({ target }) => `${impact}: ${id} at ${target}`))));""");
	}

	private static String axe() {
		try {
			return new ClassPathResource("axe.min.js").getContentAsString(StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	void preferColors(String scheme) {
		this.browser.executeCdpCommand("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
	}

	/**
	 * Makes the screen as large as this.
	 */
	void resize(int width, int height) {
		this.browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
	}

	void setOffline(boolean offline) {
		this.browser.executeCdpCommand("Network.enable", Map.of());
		this.browser.executeCdpCommand("Network.emulateNetworkConditions",
				Map.of("offline", offline, "latency", 0, "downloadThroughput", -1, "uploadThroughput", -1));
	}

	/**
	 * Returns what the browser has logged since the last call.
	 */
	List<String> log() {
		return this.browser.manage()
			.logs()
			.get(LogType.BROWSER)
			.getAll()
			.stream()
			.map((entry) -> entry.getMessage())
			.toList();
	}

}
